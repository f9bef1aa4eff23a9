/**
 * Users of ours whose object is gone: those that a finalizer had to leave behind, and those of objects that were removed by force. They are
 * removed when this process begins to lead, every hour, and when the state service comes back. Invariant: none is removed that the API
 * server, asked for that very object, still has.
 */
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { ObjectStore } from '@sluice/kube/port/informer.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { RolloutResource } from '@sluice/contract/state-api/rollout-resource.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { isRetainedRevision } from './managed-revision.ts';
import { byUserName, proxyUsers } from './proxy-users.ts';
import { decideRemoval } from './user-decision.ts';
import type { UserKeeper } from './user-keeper.ts';
import { StateConflictError, type StateApi } from './state-api.ts';

export interface OrphanSweepDeps {
  readonly keeper: UserKeeper;
  readonly store: ObjectStore<SluiceObject>;
  readonly client: Pick<KubeClient, 'list'>;
  readonly state: Pick<StateApi, 'read' | 'release' | 'remove'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly isHeld: () => boolean;
  readonly onGone: (name: string) => void;
}

const everyMs = 3_600_000;
/** A few failures are of these users, many are of something else. */
const maxFailures = 5;

export class OrphanSweep {
  readonly #deps: OrphanSweepDeps;
  #dueAtMs = Number.NEGATIVE_INFINITY;
  #isSweeping = false;

  constructor(deps: OrphanSweepDeps) {
    this.#deps = deps;
  }

  /** At the next chance. */
  demand(): void {
    this.#dueAtMs = Number.NEGATIVE_INFINITY;
  }

  /** All users of ours were listed just now. Sweeps if it is due. */
  async listed(items: Iterable<RolloutResource>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (this.#isSweeping || clock.nowMs() < this.#dueAtMs) return;
    this.#isSweeping = true;
    this.#dueAtMs = clock.nowMs() + everyMs;
    try {
      await this.#sweep([...items], signal);
    } finally {
      this.#isSweeping = false;
    }
  }

  async #sweep(items: readonly RolloutResource[], signal: AbortSignal): Promise<void> {
    const { logger, isHeld } = this.#deps;
    let failures = 0;
    for (const { name, managedBy } of items) {
      if (signal.aborted || !isHeld() || failures >= maxFailures) return;
      try {
        await this.#judge(name, managedBy, signal);
      } catch (error) {
        failures += 1;
        this.demand();
        logger.warn('a user without an object could not be removed', { user: name, error });
      }
    }
  }

  async #judge(name: string, managedBy: string | undefined, signal: AbortSignal): Promise<void> {
    const { keeper, store, client, state, logger, onGone } = this.#deps;
    const namespace = keeper.namespaceOf(managedBy);
    // An object of the name elsewhere takes the user over by itself.
    if (namespace === null || store.byIndex(byUserName, name).length > 0) return;
    const fieldSelector = `metadata.name=${name}`;
    const { items } = await client.list(proxyUsers, { namespace, fieldSelector, limit: 1, signal });
    if (items.length > 0) return;
    const stored = await state.read(name, signal);
    const isRetained = isRetainedRevision(stored?.user.managedRevision);
    const decision = decideRemoval(stored, { managedBy: keeper.managedBy(namespace), isRetained });
    if (decision.kind === 'Nothing') return;
    try {
      if (decision.kind === 'Release') await state.release(name, decision.version, signal);
      else await state.remove(name, decision.version, signal);
    } catch (error) {
      // Somebody changed it this moment: the next sweep looks again.
      if (!(error instanceof StateConflictError)) throw error;
      this.demand();
      return;
    }
    onGone(name);
    logger.info('user without an object removed', { user: name, namespace, isRetained });
  }
}
