/** A ProxyRoute or a ProxyListener, read: its name on the bus, and its spec or what is wrong with it. Pure. */
import { resourceKey } from '@sluice/contract/config-key.ts';
import { findSpecProblems, type SpecProblem } from '@sluice/contract/resources/spec-problems.ts';
import type { ObjectMeta } from '@sluice/kube/port/kube-object.ts';
import type { SluiceObject } from './kube-objects.ts';
import type { ListenerSpec, RouteSpec } from './route-spec.ts';

export interface SpecReading<Spec> {
  /** Null: it cannot be used, and `problems` says why. */
  readonly spec: Spec | null;
  readonly problems: readonly string[];
}

/** As the contract bounds names on the bus. */
const maxNameLength = 253;

export function readRoute({ metadata, spec }: SluiceObject): SpecReading<RouteSpec> {
  const problems = [...nameProblems(routeName(metadata)), ...findSpecProblems('ProxyRoute', spec).map(problemText)];
  return { spec: problems.length > 0 ? null : (spec as RouteSpec), problems };
}

export function readListener({ metadata, spec }: SluiceObject): SpecReading<ListenerSpec> {
  const problems = [...nameProblems(metadata.name), ...findSpecProblems('ProxyListener', spec).map(problemText)];
  return { spec: problems.length > 0 ? null : (spec as ListenerSpec), problems };
}

/** What proxies call the route: a namespace holds no dot, so no two routes are called the same. */
export function routeName({ namespace = '', name }: Pick<ObjectMeta, 'namespace' | 'name'>): string {
  return `${namespace}.${name}`;
}

export function routeKey(metadata: Pick<ObjectMeta, 'namespace' | 'name'>): string {
  return resourceKey({ kind: 'Route', name: routeName(metadata) });
}

/** One set of names for the whole installation. */
export function listenerKey({ name }: Pick<ObjectMeta, 'name'>): string {
  return resourceKey({ kind: 'Listener', name });
}

function nameProblems(name: string): readonly string[] {
  if (name.length <= maxNameLength) return [];
  return [`metadata.name makes ${name.length} characters with its namespace (use ${maxNameLength} together at most)`];
}

/** `field` as kubectl writes paths: `spec.to.endpoints[0].url`. */
export function problemText({ path, message, remedy }: SpecProblem): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return `spec${steps.join('')} ${message} (${remedy})`;
}
