/** Routes as somebody who watches them sees them change: each version of an object with when it arrived. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { KubeObject } from '@sluice/testkit/kube/kube-object.ts';
import { within } from '@sluice/testkit/within.ts';
import { type KubeLaboratory, routesPath } from './kube-laboratory.ts';

export interface ConditionSeen {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

export interface RouteSeen extends KubeObject {
  readonly spec: unknown;
  readonly status?: { readonly programmed?: string; readonly conditions?: readonly ConditionSeen[] };
}

export type Looks = (route: RouteSeen) => boolean;

interface Waiting {
  readonly looks: Looks;
  readonly resolve: (at: number) => void;
}

const patienceMs = 30_000;

export class RouteWatch {
  readonly #waiting = new Set<Waiting>();

  /** Takes what the server has sent, in the moment of its arrival. */
  see(route: RouteSeen): void {
    const at = performance.now();
    for (const waiting of this.#waiting) {
      if (!waiting.looks(route)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(at);
    }
  }

  /** When a route first looks so, from now on. */
  async next(what: string, looks: Looks, timeoutMs = patienceMs): Promise<number> {
    const seen = Promise.withResolvers<number>();
    this.#waiting.add({ looks, resolve: seen.resolve });
    return await within(timeoutMs, what, seen.promise);
  }
}

/** Resolves when the watch is open; it ends with the scope. */
export async function openRouteWatch(
  scope: CleanupScope,
  { api }: KubeLaboratory,
  namespace: string,
): Promise<RouteWatch> {
  const { metadata } = await api.client.call(routesPath(namespace), { query: { limit: '1' } });
  const { resourceVersion } = metadata;
  const opened = await api.client.watch(routesPath(namespace), { resourceVersion, timeoutSeconds: '3600' });
  scope.after(() => opened.close());
  const watch = new RouteWatch();
  opened.onEvent(({ object }) => watch.see(object as RouteSeen));
  return watch;
}

/** The condition of this very spec; undefined: it speaks of an older one, or there is none. */
export function currentCondition({ metadata, status }: RouteSeen, type: string): ConditionSeen | undefined {
  return status?.conditions?.find(
    (condition) => condition.type === type && condition.observedGeneration === metadata.generation,
  );
}

/** Every one of so many proxies has this very spec in force. */
export function isProgrammed(route: RouteSeen, proxies: number): boolean {
  return (
    currentCondition(route, 'Programmed')?.status === 'True' && route.status?.programmed === `${proxies}/${proxies}`
  );
}
