/** What a test makes go wrong: each fault for the requests it fits, a number of times or until it is taken back. */
import type { FailureFields } from './api-failure.ts';
import type { FakeRequest } from './fake-request.ts';

export type FakeFault =
  /** Answered with this refusal instead; with a Retry-After where it says so. */
  | ({ readonly kind: 'Refuse'; readonly message?: string } & FailureFields)
  /** Never answered; the connection stays open. */
  | { readonly kind: 'Hang' }
  | { readonly kind: 'Delay'; readonly ms: number }
  /** The connection is cut, nothing was done. */
  | { readonly kind: 'ResetBefore' }
  /** Done as asked, and the connection cut without an answer. */
  | { readonly kind: 'ResetAfter' }
  /** The connection is cut in the middle of the answer. */
  | { readonly kind: 'CutBody'; readonly afterBytes: number }
  /** 200, with this for a body. */
  | { readonly kind: 'Garbage'; readonly body: string }
  /** Lists the state of then, as if it were a consistent one. */
  | { readonly kind: 'StaleList'; readonly revision: number }
  /** The watch ends after some events: in order, or cut. */
  | { readonly kind: 'CloseWatch'; readonly afterEvents: number; readonly isAbrupt?: boolean }
  /** After some events the stream says this and ends. */
  | ({ readonly kind: 'WatchError'; readonly afterEvents: number; readonly message: string } & FailureFields)
  /** The watch is granted and then silent for ever: no event, no bookmark, no end. */
  | { readonly kind: 'SilenceWatch' }
  /** The first events of the watch are not sent. */
  | { readonly kind: 'DropEvents'; readonly count: number }
  /** Every event is sent twice. */
  | { readonly kind: 'DuplicateEvents' };

export type FaultKind = FakeFault['kind'];

export interface PlannedFault {
  /** How often it has been met. */
  readonly hits: number;
  remove(): void;
}

interface Plan {
  readonly when: (request: FakeRequest) => boolean;
  readonly fault: FakeFault;
  readonly times: number;
  hits: number;
}

export class FakeFaults {
  #plans: readonly Plan[] = [];

  /** From now on, the next `times` requests (all, unless given) that fit meet the fault. Several at once all take effect. */
  add(when: (request: FakeRequest) => boolean, fault: FakeFault, times = Number.POSITIVE_INFINITY): PlannedFault {
    const plan: Plan = { when, fault, times, hits: 0 };
    this.#plans = [...this.#plans, plan];
    return {
      get hits() {
        return plan.hits;
      },
      remove: () => {
        this.#plans = this.#plans.filter((each) => each !== plan);
      },
    };
  }

  clear(): void {
    this.#plans = [];
  }

  /** What this request meets; counts it. */
  meet(request: FakeRequest): MetFaults {
    const met = this.#plans.filter((plan) => plan.hits < plan.times && plan.when(request));
    for (const plan of met) plan.hits += 1;
    return new MetFaults(met.map(({ fault }) => fault));
  }
}

/** The faults of one request. */
export class MetFaults {
  readonly #faults: readonly FakeFault[];

  constructor(faults: readonly FakeFault[]) {
    this.#faults = faults;
  }

  find<K extends FaultKind>(kind: K): Extract<FakeFault, { readonly kind: K }> | undefined {
    return this.#faults.find((fault): fault is Extract<FakeFault, { readonly kind: K }> => fault.kind === kind);
  }
}
