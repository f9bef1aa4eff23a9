/**
 * Users of ours whose object is gone: those that no finalizer held or that one had to leave behind, and those of objects that were removed by
 * force. They are looked for in every list of all users. Invariant: none is removed that the API server, asked for that very object, still has.
 */
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
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly isHeld: () => boolean;
  readonly onGone: (name: string) => void;
}

/** Of one sweep: a few are of these users, many are of something else. */
const maxFailures = 5;

interface Suspect {
  readonly name: string;
  readonly namespace: string;
}

export class OrphanSweep {
  readonly #deps: OrphanSweepDeps;
  #isSweeping = false;

  constructor(deps: OrphanSweepDeps) {
    this.#deps = deps;
  }

  /** All users of ours were listed just now. */
  async listed(items: Iterable<RolloutResource>, signal: AbortSignal): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      await this.#sweep(this.#suspects(items), signal);
    } finally {
      this.#isSweeping = false;
    }
  }

  /** An object of the name elsewhere takes the user over by itself. */
  #suspects(items: Iterable<RolloutResource>): readonly Suspect[] {
    const { keeper, store } = this.#deps;
    const suspects: Suspect[] = [];
    for (const { name, managedBy } of items) {
      const namespace = keeper.namespaceOf(managedBy);
      if (namespace !== null && store.byIndex(byUserName, name).length === 0) suspects.push({ name, namespace });
    }
    return suspects;
  }

  async #sweep(suspects: readonly Suspect[], signal: AbortSignal): Promise<void> {
    const { logger, isHeld } = this.#deps;
    let failures = 0;
    for (const suspect of suspects) {
      if (signal.aborted || !isHeld() || failures >= maxFailures) return;
      try {
        await this.#judge(suspect, signal);
      } catch (error) {
        failures += 1;
        logger.warn('a user without an object could not be removed', { user: suspect.name, error });
      }
    }
  }

  async #judge({ name, namespace }: Suspect, signal: AbortSignal): Promise<void> {
    const { keeper, client, state, logger, onGone } = this.#deps;
    const stored = await state.read(name, signal);
    const isRetained = isRetainedRevision(stored?.user.managedRevision);
    const decision = decideRemoval(stored, { managedBy: keeper.managedBy(namespace), isRetained });
    if (decision.kind === 'Nothing') return;
    // Asked last: what an object that comes later puts has another version.
    const fieldSelector = `metadata.name=${name}`;
    const { items } = await client.list(proxyUsers, { namespace, fieldSelector, limit: 1, signal });
    if (items.length > 0) return;
    try {
      if (decision.kind === 'Release') await state.release(name, decision.version, signal);
      else await state.remove(name, decision.version, signal);
    } catch (error) {
      // Somebody changed it this moment: the next list shows it again.
      if (!(error instanceof StateConflictError)) throw error;
      return;
    }
    onGone(name);
    logger.info('user without an object removed', { user: name, namespace, isRetained });
  }
}
