/**
 * Routing over all terms of leadership: begins a term when this process leads and everything it needs is there, ends it when the
 * leadership does. Invariant: there is one term at a time, and none without a Lease.
 */
import type { Leadership } from '@sluice/kube/port/leader-election.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { createTenantBus, type TenantBus } from '@sluice/live-config/port/tenant-bus.ts';
import type { PublisherEvent } from '@sluice/live-config/publisher/publisher-port.ts';
import { type HeldEntry, readHeldEntries, untilConnected } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { delay } from '@sluice/kube/clock/delay.ts';
import type { PublicationConfig } from '../publish/routing-publication.ts';
import { createLedBus } from './led-bus.ts';
import { relayChanges, type RoutingCaches, whenSynced } from './routing-caches.ts';
import { RoutingTerm, type RoutingTermDeps } from './routing-term.ts';

export interface RoutingControlDeps {
  readonly caches: RoutingCaches;
  readonly bus: ConfigBus;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly onStatus: RoutingTermDeps['onStatus'];
  /** Another publisher has the range: this process should not lead for the moment. */
  readonly stepDown: () => void;
}

const answerMs = 10_000;
const firstRetryMs = 250;
const maxRetryMs = 10_000;

export class RoutingControl {
  readonly #config: PublicationConfig;
  readonly #deps: RoutingControlDeps;
  readonly #buses: TenantBus;
  #term: RoutingTerm | null = null;
  /** Ends what the beginning of a term waits for. */
  #ending = new AbortController();
  /** The last thing that was begun: terms begin and end one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(config: PublicationConfig, deps: RoutingControlDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#buses = createTenantBus(deps.bus);
    relayChanges(deps.caches, () => this.#term);
  }

  /** null: this process does not lead, or not yet with all that it needs. */
  get term(): RoutingTerm | null {
    return this.#term;
  }

  lead(leadership: Leadership): void {
    this.#ending = new AbortController();
    const signal = AbortSignal.any([leadership.signal, this.#ending.signal]);
    this.#last = this.#last.then(async () => {
      await this.#begin(leadership, signal);
    });
  }

  async unlead(): Promise<void> {
    // A process that ends does so with the Lease still in its hands, and whatever is away.
    this.#ending.abort(new Error('this process publishes no more'));
    this.#last = this.#last.then(async () => {
      const term = this.#term;
      this.#term = null;
      await term?.close();
    });
    await this.#last;
  }

  async #begin(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { caches, clock, logger, onStatus, stepDown } = this.#deps;
    const bus = createLedBus(this.#buses.next(), leadership);
    try {
      await whenSynced(caches, signal);
      const held = await this.#readHeld(bus, signal);
      if (signal.aborted) return;
      logger.info('publishing routing', { publisher: this.#config.publisher, held: held.size });
      this.#term = new RoutingTerm(this.#config, {
        ...{ caches, bus, held, clock, onStatus },
        claimEpoch: async (above) => await claimEpoch(leadership, above),
        onEvent: (event) => this.#told(event),
      });
    } catch (error) {
      if (signal.aborted) return;
      logger.error('publishing routing failed', { error });
      stepDown();
    }
  }

  /** Waits for NATS as long as this process leads. */
  async #readHeld(bus: ConfigBus, signal: AbortSignal): Promise<ReadonlyMap<string, HeldEntry>> {
    for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, maxRetryMs)) {
      const attempt = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
      try {
        await untilConnected(bus, attempt);
        return await readHeldEntries('routing', bus, attempt);
      } catch (error) {
        signal.throwIfAborted();
        this.#deps.logger.warn('waiting for NATS', { error, retryMs });
        await delay(this.#deps.clock, retryMs * (0.5 + this.#deps.clock.random() / 2), signal);
      }
    }
  }

  #told(event: PublisherEvent): void {
    const { kind, ...fields } = event;
    const { logger, stepDown } = this.#deps;
    if (kind === 'TookOver') logger.info('took the routing over', fields);
    else if (kind !== 'SnapshotStored') logger.warn('publisher', { event: kind, ...fields });
    if (kind === 'Deposed') stepDown();
  }
}

/** A Lease that has run out unnoticed gives no epoch. */
async function claimEpoch(leadership: Leadership, above: number): Promise<number> {
  if (!leadership.isHeld()) throw new Error('this process does not have the Lease at the moment');
  return await Promise.resolve(Math.max(above + 1, leadership.transitions));
}
