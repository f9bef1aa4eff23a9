/**
 * `sluice-operator release-users`: no operator runs any more, or will soon run no more, and none of its finalizers may hold a ProxyUser or a namespace
 * for ever. Their users stay in the state service: an operator that comes later finds them with their objects, or without and removes them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import { isNotFound } from '@sluice/kube/port/kube-error.ts';
import { listAll } from '@sluice/kube/reflector/list-all.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { isHeld, proxyUsers } from '../users/proxy-users.ts';
import { letUserGo } from '../users/user-removal.ts';
import { keepTrying } from './keep-trying.ts';

export interface ReleaseUsersOptions {
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  readonly timeoutMs: number;
}

export interface ReleaseUsersDeps {
  readonly client: Pick<KubeClient, 'list' | 'apply' | 'patch'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const againMs = 250;
const pageSize = 500;
const deadlineMs = 30_000;

/** Resolves when a look at all of them finds none that is held. Rejects with the last failure when time is over, or with the signal's reason. */
export async function releaseUsers(
  { namespaces, timeoutMs }: ReleaseUsersOptions,
  deps: ReleaseUsersDeps,
): Promise<void> {
  const { client, logger, random, signal } = deps;
  let released = 0;
  const release = async (until: AbortSignal): Promise<void> => {
    for (;;) {
      const held = await listHeld(client, namespaces, until);
      if (held.length === 0) return;
      for (const object of held) if (await letUserGo(client, object, until)) released += 1;
      // One that changed in between is held still, and an operator that is ending may hold one again.
      await delay(againMs, undefined, { signal: until });
    }
  };
  await keepTrying(release, {
    ...{ timeoutMs, random, signal },
    isFinal: () => false,
    onRetry: (error, retryMs) => logger.warn('waiting to release users', { error, retryMs, released }),
  });
  logger.info('users are released', { released });
}

async function listHeld(
  client: ReleaseUsersDeps['client'],
  namespaces: readonly string[] | null,
  signal: AbortSignal,
): Promise<readonly SluiceObject[]> {
  const held: SluiceObject[] = [];
  for (const selection of namespaces?.map((namespace) => ({ namespace })) ?? [{}]) {
    const options = { ...selection, signal, pageSize, deadlineMs, onPage: () => {} };
    const { items } = await listAll(client, proxyUsers, options).catch(noneOfAKindThatIsGone);
    held.push(...items.filter(isHeld));
  }
  return held;
}

/** Their definition may have been removed already, and they with it. */
function noneOfAKindThatIsGone(error: unknown): { readonly items: readonly SluiceObject[] } {
  if (isNotFound(error)) return { items: [] };
  throw error;
}
