/**
 * Follows how far the users of this operator have come, by asking the state service for many at once: often while something is under way,
 * seldom else. It is also how the operator learns that the state service is there, and that others changed a user. Invariant: what an answer
 * says of a user that was put after it was asked for is not believed.
 */
import { delay } from '@sluice/kube/clock/delay.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { RolloutResource } from '@sluice/contract/state-api/rollout-resource.ts';
import type { Delivery } from '../specs/delivery.ts';
import type { RolloutList, StateApi } from './state-api.ts';

export interface RolloutWatchDeps {
  readonly state: Pick<StateApi, 'rollouts'>;
  readonly clock: Clock;
  /** These users should be looked at. */
  readonly onChange: (names: readonly string[]) => void;
  /** So should all: the number of proxies is another one, or the state service is there again, or all were listed for the first time. */
  readonly onAll: (reason: 'Fleet' | 'Available' | 'Listed') => void;
  /** Every user was listed. */
  readonly onListed: () => void;
  readonly onUnavailable: (error: unknown) => void;
}

/** `Unsettled`: the service has not listened for long enough to know. */
export type UserDelivery = Delivery | { readonly kind: 'Unsettled' };

const listEveryMs = 5_000;
/** While the service does not know every proxy yet. */
const unsettledMs = 1_000;
/** Between lists after calls that failed: many fail when something is amiss, and many lists are the last thing it needs then. */
const doubtEveryMs = 1_000;
const firstPollMs = 50;
const maxPollMs = 5_000;
const maxRetryMs = 15_000;

export class RolloutWatch {
  readonly #prefix: string;
  readonly #deps: RolloutWatchDeps;
  readonly #items = new Map<string, RolloutResource>();
  /** Names that are not in force everywhere yet, with the least generation that may tell of them. */
  readonly #pending = new Map<string, number>();
  /** When a name was put last, by our clock. */
  readonly #putAtMs = new Map<string, number>();
  #highest = 0;
  #proxies = 0;
  #isSettled = false;
  #isAvailable = false;
  #hasListed = false;
  #isDoubted = false;
  #pollMs = firstPollMs;
  #wake = new AbortController();

  constructor(prefix: string, deps: RolloutWatchDeps) {
    this.#prefix = prefix;
    this.#deps = deps;
  }

  /** Whether the state service answered last time. */
  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** All users have been listed once: what is not here is not there. */
  get hasListed(): boolean {
    return this.#hasListed;
  }

  /** undefined: it is not there, or was put a moment ago. */
  item(name: string): RolloutResource | undefined {
    return this.#items.get(name);
  }

  items(): Iterable<RolloutResource> {
    return this.#items.values();
  }

  delivery(name: string): UserDelivery {
    const item = this.#items.get(name);
    if (item?.isPublished !== true) return { kind: 'Waiting' };
    if (!this.#isSettled) return { kind: 'Unsettled' };
    const { generation, acknowledged, rejections } = item;
    return { kind: 'Counted', generation, rollout: { proxies: this.#proxies, acknowledged, rejections } };
  }

  /** Call before a user is put: what it becomes has a higher generation than all that are known. */
  expect(name: string): void {
    this.#pending.set(name, this.#highest + 1);
    this.#putAtMs.set(name, this.#deps.clock.nowMs());
    this.#items.delete(name);
  }

  /** Call when it was put: this generation is what is waited for. */
  wasPut(name: string, generation: number): void {
    this.#pending.set(name, generation);
    this.#putAtMs.set(name, this.#deps.clock.nowMs());
    this.#pollSoon();
  }

  /** It is gone, or not ours any more. */
  forget(name: string): void {
    this.#pending.delete(name);
    this.#putAtMs.set(name, this.#deps.clock.nowMs());
    this.#items.delete(name);
  }

  /** A call to the state service failed: the next poll says whether it is there. */
  doubt(): void {
    if (this.#isDoubted) return;
    this.#isDoubted = true;
    this.#pollSoon();
  }

  /** Until the signal ends. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let listAtMs = Number.NEGATIVE_INFINITY;
    let doubtAtMs = Number.NEGATIVE_INFINITY;
    let retryMs = 250;
    const nextListMs = (): number => (this.#isDoubted ? doubtAtMs : listAtMs);
    while (!signal.aborted) {
      const isList = !this.#isAvailable || clock.nowMs() >= nextListMs();
      if (isList && this.#isDoubted) doubtAtMs = clock.nowMs() + doubtEveryMs;
      if (isList) this.#isDoubted = false;
      this.#wake = new AbortController();
      const isDone = await this.#poll(isList, signal);
      const everyMs = this.#isSettled ? listEveryMs : unsettledMs;
      if (isDone && isList) listAtMs = clock.nowMs() + everyMs * (0.9 + clock.random() / 5);
      retryMs = isDone ? 250 : Math.min(retryMs * 2, maxRetryMs);
      const waitMs = isDone ? this.#waitMs(nextListMs()) : retryMs * (0.75 + clock.random() / 2);
      const ending = isDone ? AbortSignal.any([signal, this.#wake.signal]) : signal;
      await delay(clock, Math.max(firstPollMs, waitMs), ending).catch(() => {});
    }
  }

  #waitMs(listAtMs: number): number {
    const untilList = listAtMs - this.#deps.clock.nowMs();
    if (this.#pending.size === 0) return untilList;
    this.#pollMs = Math.min(this.#pollMs * 2, maxPollMs);
    return Math.min(this.#pollMs, untilList);
  }

  #pollSoon(): void {
    this.#pollMs = firstPollMs;
    this.#wake.abort();
  }

  async #poll(isList: boolean, signal: AbortSignal): Promise<boolean> {
    const { state, clock, onUnavailable } = this.#deps;
    const askedAtMs = clock.nowMs();
    const sinceGeneration = isList
      ? 0
      : this.#pending.values().reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    // Between the lists there is nothing to ask when nothing is under way.
    if (!Number.isFinite(sinceGeneration)) return true;
    try {
      const list = await state.rollouts({ managedByPrefix: this.#prefix, sinceGeneration }, signal);
      this.#take(list, { isList, askedAtMs });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#isAvailable = false;
      onUnavailable(error);
      return false;
    }
  }

  #take(list: RolloutList, { isList, askedAtMs }: { readonly isList: boolean; readonly askedAtMs: number }): void {
    const { onAll, onChange, onListed } = this.#deps;
    const isFleetOther = list.proxies !== this.#proxies || list.isSettled !== this.#isSettled;
    this.#proxies = list.proxies;
    this.#isSettled = list.isSettled;
    const isBack = !this.#isAvailable;
    this.#isAvailable = true;
    const changed = list.items.flatMap((item) => (this.#takeItem(item, askedAtMs) ? [item.name] : []));
    if (isList) changed.push(...this.#dropOthers(list.items, askedAtMs));
    if (changed.length > 0) this.#pollMs = firstPollMs;
    const isFirst = isList && !this.#hasListed;
    if (isList) this.#hasListed = true;
    if (isFirst) onAll('Listed');
    else if (isBack) onAll('Available');
    else if (isFleetOther) onAll('Fleet');
    if (changed.length > 0) onChange(changed);
    if (isList) onListed();
  }

  /** Whether it says something new. */
  #takeItem(item: RolloutResource, askedAtMs: number): boolean {
    const { name } = item;
    this.#highest = Math.max(this.#highest, item.generation);
    if (this.#wasPutAfter(name, askedAtMs)) return false;
    const before = this.#items.get(name);
    this.#items.set(name, item);
    const isUnderWay = !item.isPublished || item.acknowledged + item.rejected < this.#proxies || this.#proxies === 0;
    // A rejection stays: a proxy may take the user after all, without a change of it.
    if (isUnderWay || item.rejected > 0) this.#pending.set(name, item.generation);
    else this.#pending.delete(name);
    return before === undefined || JSON.stringify(before) !== JSON.stringify(item);
  }

  #dropOthers(items: readonly RolloutResource[], askedAtMs: number): readonly string[] {
    const listed = new Set(items.map(({ name }) => name));
    const gone = [...this.#items.keys()].filter((name) => !listed.has(name) && !this.#wasPutAfter(name, askedAtMs));
    for (const name of gone) {
      this.#items.delete(name);
      this.#pending.delete(name);
    }
    // A put that failed expects what never comes.
    for (const name of [...this.#pending.keys()]) {
      if (!this.#items.has(name) && !this.#wasPutAfter(name, askedAtMs)) this.#pending.delete(name);
    }
    for (const [name, putAtMs] of this.#putAtMs) if (putAtMs < askedAtMs) this.#putAtMs.delete(name);
    return gone;
  }

  #wasPutAfter(name: string, askedAtMs: number): boolean {
    return (this.#putAtMs.get(name) ?? Number.NEGATIVE_INFINITY) >= askedAtMs;
  }
}
