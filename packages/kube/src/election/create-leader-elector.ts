/**
 * Stands for a Lease, renews it, gives it back. Who leads is told before anybody else can: the time in which the Lease is
 * surely ours (the renew deadline) ends well before it may be taken (its duration), and `isHeld` looks at the clock.
 */
import { delay } from '../clock/delay.ts';
import type { Clock } from '../port/clock.ts';
import type { CallOptions, KubeClient } from '../port/kube-client.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../port/kube-error.ts';
import type { ObjectName } from '../port/kube-object.ts';
import type { LeaderElector, Leadership, LeadershipEnd, LeadershipEvents } from '../port/leader-election.ts';
import type { ElectionMetrics } from './election-metrics.ts';
import { HeldTime } from './held-time.ts';
import { type Lease, type LeaseSpec, leaseResource } from './lease.ts';
import { decideLease, firstLease, releasedLease, type SeenLease, seeLease } from './lease-decision.ts';

export interface LeaderElectorConfig {
  readonly lease: ObjectName;
  /** Unique for each run of a process: a restarted one is another candidate. */
  readonly identity: string;
  /** 15 s unless given: after so long without a renewal, others may take the Lease. */
  readonly leaseDurationMs?: number;
  /** 10 s unless given: after so long without a renewal, we are no longer sure of it. */
  readonly renewDeadlineMs?: number;
  /** 2 s unless given: between attempts. */
  readonly retryPeriodMs?: number;
}

export interface LeaderElectorDeps extends LeadershipEvents {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly metrics: ElectionMetrics;
}

export function createLeaderElector(config: LeaderElectorConfig, deps: LeaderElectorDeps): LeaderElector {
  return new LeaseElector(config, deps);
}

/** What is added to the retry period of those who wait, at most: as client-go's JitterFactor. */
const waitingJitter = 1.2;
const releaseDeadlineMs = 3_000;

interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** The Lease as we wrote it, or: another holds it; or another write came first, and nothing is known. */
type Acquired = Lease | 'Held' | 'Contended';

class Tenure implements Leadership {
  readonly transitions: number;
  readonly #ending = new AbortController();
  readonly #isTimeLeft: () => boolean;

  constructor(transitions: number, isTimeLeft: () => boolean) {
    this.transitions = transitions;
    this.#isTimeLeft = isTimeLeft;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  isHeld(): boolean {
    return !this.#ending.signal.aborted && this.#isTimeLeft();
  }

  end(how: LeadershipEnd): void {
    this.#ending.abort(new Error(`the leadership has ended: ${how}`));
  }
}

class LeaseElector implements LeaderElector {
  readonly #deps: LeaderElectorDeps;
  readonly #name: ObjectName;
  readonly #candidate: { readonly identity: string; readonly leaseDurationSeconds: number };
  readonly #retryPeriodMs: number;
  readonly #held: HeldTime;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #seen: SeenLease | null = null;
  #holder = '';
  #tenure: Tenure | null = null;
  #cancelWatchdog: () => void = () => {};
  #isSteppingDown = false;

  constructor(config: LeaderElectorConfig, deps: LeaderElectorDeps) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = config;
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs * waitingJitter) {
      throw new TypeError('an election needs: lease duration > renew deadline > 1.2 × retry period');
    }
    this.#deps = deps;
    this.#name = config.lease;
    this.#candidate = { identity: config.identity, leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000) };
    this.#retryPeriodMs = retryPeriodMs;
    this.#held = new HeldTime(deps.clock, renewDeadlineMs);
  }

  get isLeader(): boolean {
    return this.#tenure?.isHeld() === true;
  }

  get holder(): string {
    return this.#holder;
  }

  start(): void {
    this.#running = this.#run();
  }

  stepDown(): void {
    if (this.#tenure === null) return;
    this.#isSteppingDown = true;
    this.#lose('Released');
  }

  async stop(): Promise<void> {
    const wasHeld = this.isLeader;
    this.#stopping.abort();
    this.#lose('Released');
    await this.#running;
    // Who has stepped down a moment ago has it still.
    if (wasHeld || this.#isSteppingDown) await this.#release();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#isSteppingDown) await this.#standAside();
      else await this.#attempt();
      const spread = this.#tenure === null ? 1 + this.#deps.clock.random() * (waitingJitter - 1) : 1;
      await delay(this.#deps.clock, this.#retryPeriodMs * spread, signal).catch(() => {});
    }
  }

  /** Free for others, and we come last this time. */
  async #standAside(): Promise<void> {
    this.#isSteppingDown = false;
    await this.#release();
    await delay(this.#deps.clock, this.#retryPeriodMs * 2, this.#stopping.signal).catch(() => {});
  }

  async #attempt(): Promise<void> {
    const { clock } = this.#deps;
    const sent = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    try {
      const lease = await this.#acquire(sent);
      if (this.#stopping.signal.aborted || this.#isSteppingDown) return;
      if (lease === 'Held') this.#lose('TakenOver');
      else if (lease !== 'Contended') this.#renewed(lease, sent);
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#deps.onError?.(error);
    }
  }

  async #acquire(sent: Moment): Promise<Acquired> {
    const seen = this.#seen;
    // Our own last renewal: written at once, without reading.
    if (this.#tenure !== null && seen !== null) {
      const decision = decideLease(seen, this.#candidate, sent);
      const written = decision.kind === 'Write' ? await this.#write(seen.lease, decision.spec) : 'Contended';
      if (written !== 'Contended') return written;
    }
    this.#deps.metrics.slowPath();
    return await this.#acquireAfterReading(sent);
  }

  async #acquireAfterReading(sent: Moment): Promise<Acquired> {
    const { client, clock } = this.#deps;
    let lease: Lease;
    try {
      lease = await client.get(leaseResource, this.#name, this.#call());
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return await this.#create(firstLease(this.#candidate, sent.wallMs));
    }
    this.#seen = seeLease(this.#seen, lease, clock.nowMs());
    this.#tellHolder(lease.spec?.holderIdentity ?? '');
    const decision = decideLease(this.#seen, this.#candidate, { nowMs: clock.nowMs(), wallMs: clock.wallMs() });
    return decision.kind === 'Write' ? await this.#write(lease, decision.spec) : 'Held';
  }

  async #create(spec: LeaseSpec): Promise<Acquired> {
    try {
      return await this.#deps.client.create(leaseResource, { metadata: this.#name, spec }, this.#call());
    } catch (error) {
      if (isAlreadyExists(error)) return 'Contended';
      throw error;
    }
  }

  async #write(lease: Lease, spec: LeaseSpec): Promise<Acquired> {
    try {
      return await this.#deps.client.replace(leaseResource, { ...lease, spec }, this.#call());
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return 'Contended';
      throw error;
    }
  }

  #call(): { readonly signal: AbortSignal; readonly deadlineMs: number; readonly isUrgent: true } {
    // Shorter than the renew deadline, so that there is a second attempt within it.
    return { signal: this.#stopping.signal, deadlineMs: this.#retryPeriodMs * 2, isUrgent: true };
  }

  #renewed(lease: Lease, sent: Moment): void {
    this.#seen = { lease, unchangedSinceMs: this.#deps.clock.nowMs() };
    this.#tellHolder(this.#candidate.identity);
    // The answer came too late to rely on: what was ours in between may have been another's.
    if (this.#tenure !== null && !this.#tenure.isHeld()) this.#lose('ClockPassed');
    this.#held.renewed(sent);
    if (this.#held.remainingMs() <= 0) return;
    this.#watch();
    if (this.#tenure === null) this.#gain(lease.spec?.leaseTransitions ?? 0);
  }

  #gain(transitions: number): void {
    const tenure = new Tenure(transitions, () => this.#held.remainingMs() > 0);
    this.#tenure = tenure;
    this.#deps.metrics.leading(true);
    this.#deps.onGained(tenure);
  }

  #lose(how: LeadershipEnd): void {
    const tenure = this.#tenure;
    if (tenure === null) return;
    this.#tenure = null;
    this.#cancelWatchdog();
    this.#deps.metrics.leading(false);
    tenure.end(how);
    this.#deps.onLost(how);
  }

  #watch(): void {
    this.#cancelWatchdog();
    this.#cancelWatchdog = this.#deps.clock.after(Math.max(1, this.#held.remainingMs()), () => {
      if (this.#held.remainingMs() > 0) this.#watch();
      else this.#lose('RenewFailed');
    });
  }

  #tellHolder(identity: string): void {
    if (identity === this.#holder) return;
    this.#holder = identity;
    this.#deps.onHolder?.(identity);
  }

  /** Whoever holds it by now keeps it: the write names the version that was ours. */
  async #release(): Promise<void> {
    const { client, clock, onError } = this.#deps;
    const call = { deadlineMs: releaseDeadlineMs, isUrgent: true };
    try {
      let lease = this.#seen?.lease;
      for (let attempt = 1; attempt <= 2 && lease?.spec?.holderIdentity === this.#candidate.identity; attempt += 1) {
        const spec = releasedLease(lease.spec, clock.wallMs());
        const written = await this.#replaceUnlessChanged({ ...lease, spec }, call);
        // A renewal whose answer we did not wait for may have been written.
        lease = written ?? (await client.get(leaseResource, this.#name, call));
        this.#seen = seeLease(this.#seen, lease, clock.nowMs());
      }
      this.#tellHolder(lease?.spec?.holderIdentity ?? '');
    } catch (error) {
      onError?.(error);
    }
  }

  async #replaceUnlessChanged(lease: Lease, call: CallOptions): Promise<Lease | null> {
    try {
      return await this.#deps.client.replace(leaseResource, lease, call);
    } catch (error) {
      if (isConflict(error)) return null;
      throw error;
    }
  }
}
