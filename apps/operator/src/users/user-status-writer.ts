/** Writes the status of a ProxyUser when it says something new, and tells of it in events. Decides nothing itself. */
import type { StatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import { conditionTime, mergeConditions } from '@sluice/kube/apply/merge-conditions.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import { isConflict } from '@sluice/kube/port/kube-error.ts';
import { StatusEvents } from '../reconcile/status-events.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { heldConditions } from '../specs/resource-status.ts';
import { proxyUsers } from './proxy-users.ts';
import type { SecretVersion } from './managed-revision.ts';
import { userStatus, type UserStatusFacts } from './user-status.ts';

/** What an earlier status says that later decisions go by. */
export interface HeldUserStatus {
  readonly observedGeneration?: number;
  readonly version?: number;
  readonly managedRevision?: string;
  readonly secrets?: readonly SecretVersion[];
}

export interface UserStatusWriterDeps {
  readonly writer: StatusWriter<SluiceObject>;
  readonly events: EventRecorder;
  /** Unix time. */
  readonly wallMs: () => number;
}

export class UserStatusWriter {
  readonly #deps: UserStatusWriterDeps;
  readonly #news = new StatusEvents();

  constructor(deps: UserStatusWriterDeps) {
    this.#deps = deps;
  }

  held(object: SluiceObject): HeldUserStatus {
    // Whoever wrote it, the API server has held it to the schema.
    return this.#deps.writer.current(object) ?? {};
  }

  /** The status that is there says of this very spec that all is well. */
  isReady(object: SluiceObject): boolean {
    const { observedGeneration } = this.held(object);
    if (observedGeneration !== object.metadata.generation) return false;
    const conditions = heldConditions(this.#deps.writer.current(object));
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  /** When it should be looked at again; null: when something changes. */
  async write(facts: UserStatusFacts, signal: AbortSignal): Promise<number | null> {
    const { writer, events, wallMs } = this.#deps;
    const { object } = facts;
    const held = heldConditions(writer.current(object));
    const nowMs = wallMs();
    const { status, againInMs } = userStatus(facts, { held, nowMs });
    const { observedGeneration } = status;
    const observed = status.conditions.map((one) => ({ ...one, observedGeneration }));
    const conditions = mergeConditions(held, observed, conditionTime(nowMs));
    try {
      const result = await writer.write(object, { ...status, conditions }, signal);
      if (result === 'Written') {
        const { metadata } = object;
        for (const event of this.#news.of(metadata.uid ?? '', status, held)) events.record(proxyUsers, metadata, event);
      }
    } catch (error) {
      // Another object of this name is there by now: the cache will tell of it.
      if (!isConflict(error)) throw error;
    }
    return againInMs;
  }
}
