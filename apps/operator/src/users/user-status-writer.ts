/** The status of ProxyUsers: what it says now, and what it shall say. Decides nothing itself. */
import type { StatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import { StatusReport } from '../reconcile/status-report.ts';
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
  readonly #report: StatusReport;

  constructor(deps: UserStatusWriterDeps) {
    this.#deps = deps;
    const { writer, events } = deps;
    this.#report = new StatusReport({ resource: proxyUsers, writer, events });
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
    const { writer, wallMs } = this.#deps;
    const { object } = facts;
    const moment = { held: heldConditions(writer.current(object)), nowMs: wallMs() };
    const { status, againInMs } = userStatus(facts, moment);
    await this.#report.write({ object, status, moment }, signal);
    return againInMs;
  }
}
