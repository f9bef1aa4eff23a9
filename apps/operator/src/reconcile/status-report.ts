/** Writes what was decided of an object's status when it says something new, and tells of it in events. Decides nothing itself. */
import type { StatusWrite, StatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import { conditionTime, mergeConditions } from '@sluice/kube/apply/merge-conditions.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import { isConflict } from '@sluice/kube/port/kube-error.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import type { StatusMoment, WantedStatus } from '../specs/resource-status.ts';
import { StatusEvents } from './status-events.ts';

export interface StatusReportDeps {
  readonly resource: Resource<SluiceObject>;
  readonly writer: StatusWriter<SluiceObject>;
  readonly events: EventRecorder;
  readonly onWrite?: (result: StatusWrite) => void;
}

interface DecidedStatus {
  readonly object: SluiceObject;
  readonly status: WantedStatus;
  /** When it was decided, and in view of what. */
  readonly moment: StatusMoment;
}

export class StatusReport {
  readonly #deps: StatusReportDeps;
  readonly #news = new StatusEvents();

  constructor(deps: StatusReportDeps) {
    this.#deps = deps;
  }

  async write({ object, status, moment }: DecidedStatus, signal: AbortSignal): Promise<void> {
    const { resource, writer, events, onWrite } = this.#deps;
    const { observedGeneration } = status;
    const observed = status.conditions.map((one) => ({ ...one, observedGeneration }));
    const conditions = mergeConditions(moment.held, observed, conditionTime(moment.nowMs));
    try {
      const result = await writer.write(object, { ...status, conditions }, signal);
      onWrite?.(result);
      if (result !== 'Written') return;
      const { metadata } = object;
      const news = this.#news.of(metadata.uid ?? '', status, moment.held);
      for (const event of news) events.record(resource, metadata, event);
    } catch (error) {
      // Another object of this name is there by now: the cache will tell of it.
      if (!isConflict(error)) throw error;
    }
  }
}
