/**
 * Ends an operator at one of its writes outside, as a crash of its process would: right before the write, or right after it with the
 * answer lost. From then on nothing that it does has an effect. Counts the writes of the API, of the bus and of the state service in
 * one row; renewals of the Lease are no writes of interest.
 */
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { MemoryBus } from '@sluice/live-config/memory/memory-bus.ts';
import type { FakeRequest } from '@sluice/testkit/kube/fake/fake-request.ts';
import type { FakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { type StateApi, StateUnavailableError } from '../../src/users/state-api.ts';

export interface CrashPoint {
  /** 1: at the first write. */
  readonly atWrite: number;
  readonly side: 'Before' | 'After';
}

type Verdict = 'Pass' | 'DieBefore' | 'DieAfter' | 'Dead';

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

export class CrashSwitch {
  /** What was written, in order; the last one is where it died, if it did. */
  readonly writes: string[] = [];
  /** Writes about users whose answers were awaited at the crash: the next operator cannot know of them and may do them again. */
  readonly cutShort: string[] = [];
  /** Resolves at the crash. */
  readonly died: Promise<void>;
  readonly point: CrashPoint | null;
  readonly #crash: () => void;
  readonly #onCrash: (() => void)[] = [];
  readonly #underWay = new Set<string>();
  #isDead = false;

  /** null: it never dies. */
  constructor(point: CrashPoint | null) {
    this.point = point;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#crash = resolve;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Stands between the operator and the API until the result is called; its test's own requests pass. */
  guardKube({ faults }: FakeKube): () => void {
    const verdicts = new WeakMap<FakeRequest, Verdict>();
    const verdictOf = (request: FakeRequest): Verdict => {
      if (!isOfOperator(request)) return 'Pass';
      const verdict = verdicts.get(request) ?? this.#judgeRequest(request);
      verdicts.set(request, verdict);
      return verdict;
    };
    const before = faults.add((request) => ['DieBefore', 'Dead'].includes(verdictOf(request)), { kind: 'ResetBefore' });
    const after = faults.add((request) => verdictOf(request) === 'DieAfter', { kind: 'ResetAfter' });
    return () => {
      before.remove();
      after.remove();
    };
  }

  guardBus(bus: MemoryBus): ConfigBus {
    this.#onCrash.push(() => bus.interrupt('the process has crashed'));
    return {
      onState: (listener) => bus.onState(listener),
      onAck: (listener) => bus.onAck(listener),
      watch: (options) => bus.watch(options),
      read: async (key) => await bus.read(key),
      put: async (key, value, expectedSequence) => {
        const verdict = this.#judge(`put ${key}`);
        if (verdict !== 'DieAfter') return await bus.put(key, value, expectedSequence);
        await this.#lastWord(bus.put(key, value, expectedSequence));
        return { kind: 'Unknown', reason: 'the process has crashed' };
      },
      putBlob: async (name, bytes) => await bus.putBlob(name, bytes),
      getBlob: async (name) => await bus.getBlob(name),
      pruneBlobs: async (prefix, keep) => await bus.pruneBlobs(prefix, keep),
      sendAck: (proxy, payload) => bus.sendAck(proxy, payload),
      close: async () => await bus.close(),
    };
  }

  guardState(state: StateApi): StateApi {
    const write = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
      const verdict = this.#judge(what);
      if (verdict === 'Pass') return await this.#awaited(what, call());
      if (verdict === 'DieAfter') await this.#lastWord(call());
      throw new StateUnavailableError('the process has crashed');
    };
    const read = async <T>(call: () => Promise<T>): Promise<T> => {
      if (this.#isDead) throw new StateUnavailableError('the process has crashed');
      return await call();
    };
    return {
      read: async (...args) => await read(() => state.read(...args)),
      put: async (name, ...args) => await write(`put user ${name}`, () => state.put(name, ...args)),
      release: async (name, ...args) => await write(`release user ${name}`, () => state.release(name, ...args)),
      remove: async (name, ...args) => await write(`remove user ${name}`, () => state.remove(name, ...args)),
      rollouts: async (...args) => await read(() => state.rollouts(...args)),
      close: () => state.close(),
    };
  }

  async #awaited<T>(what: string, call: Promise<T>): Promise<T> {
    this.#underWay.add(what);
    try {
      return await call;
    } finally {
      this.#underWay.delete(what);
    }
  }

  /** The write is done, and then the process dies: what came of it is not known to it. */
  async #lastWord(call: Promise<unknown>): Promise<void> {
    await call.catch(() => {});
    this.#die();
  }

  #judgeRequest(request: FakeRequest): Verdict {
    const { verb, resource, name, subresource } = request;
    if (this.#isDead) return 'Dead';
    const isRenewal = resource.plural === 'leases' && verb === 'update';
    if (reads.has(verb) || isRenewal) return 'Pass';
    const verdict = this.#judge(`${verb} ${resource.plural}${subresource && `/${subresource}`} ${name}`);
    // The fake does in this turn what was asked for.
    if (verdict === 'DieAfter') setImmediate(() => this.#die());
    return verdict;
  }

  #judge(write: string): Verdict {
    if (this.#isDead) return 'Dead';
    this.writes.push(write);
    if (this.writes.length !== this.point?.atWrite) return 'Pass';
    this.#isDead = true;
    this.cutShort.push(...this.#underWay);
    if (this.point.side === 'After') return 'DieAfter';
    this.#die();
    return 'DieBefore';
  }

  #die(): void {
    for (const call of this.#onCrash) call();
    this.#crash();
  }
}

function isOfOperator({ fieldManager }: FakeRequest): boolean {
  return fieldManager.startsWith('sluice-operator');
}
