/**
 * The range `routing` while this process leads: puts what the book has on the bus and knows how far each key has come. Ends itself in no
 * way: who created it closes it when the leadership is over. Decides neither what is published nor who leads.
 */
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { createPublisher } from '@sluice/live-config/publisher/publisher.ts';
import { DeposedError, PublisherClosedError } from '@sluice/live-config/publisher/publisher-error.ts';
import type {
  Published,
  Publisher,
  PublisherEvent,
  PublisherStatus,
} from '@sluice/live-config/publisher/publisher-port.ts';
import type { Truth, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { Delivery } from '../specs/delivery.ts';
import type { RecordBook } from './record-book.ts';

export interface PublicationConfig {
  /** Who publishes: unique for each run of a process. */
  readonly publisher: string;
  /** null: acknowledgements are not signed. */
  readonly ackKey: Uint8Array | null;
}

export interface PublicationDeps {
  /** For this publication alone. */
  readonly bus: ConfigBus;
  /** Holds everything that there is. */
  readonly book: RecordBook;
  readonly claimEpoch: (above: number) => Promise<number>;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly onEvent: (event: PublisherEvent) => void;
  /** A stored head counts these keys in. */
  readonly onCounted: (keys: readonly string[]) => void;
}

interface Counted {
  readonly generation: number;
  readonly published: Published;
}

const listedAtOnce = 500;

export class RoutingPublication {
  readonly #deps: PublicationDeps;
  readonly #publisher: Publisher;
  readonly #counted = new Map<string, Counted>();

  /** Takes the range over, and publishes the book. */
  constructor({ publisher, ackKey }: PublicationConfig, deps: PublicationDeps) {
    this.#deps = deps;
    const { bus, book, claimEpoch, nowMs, random, onEvent } = deps;
    this.#publisher = createPublisher(
      { range: 'routing', publisher, whenDeposed: 'Stop', ...(ackKey === null ? {} : { ackKey }) },
      { bus, truth: truthOf(book), epochs: { claim: claimEpoch }, nowMs, random, onEvent },
    );
    this.publish([...book.records()]);
  }

  status(): PublisherStatus {
    return this.#publisher.status();
  }

  /** Changes of the book. */
  publish(records: readonly TruthRecord[]): void {
    if (records.length > 0) void this.#publish(records);
  }

  delivery(key: string): Delivery {
    const generation = this.#deps.book.generationOf(key);
    if (generation === null) return { kind: 'NotPublished' };
    const counted = this.#counted.get(key);
    if (counted?.generation !== generation) return { kind: 'Waiting' };
    return { kind: 'Counted', generation, rollout: this.#publisher.rollout({ key, generation, ...counted.published }) };
  }

  async close(): Promise<void> {
    await this.#publisher.close();
  }

  async #publish(records: readonly TruthRecord[]): Promise<void> {
    try {
      const published = await this.#publisher.publish(records);
      for (const { key, generation, spec } of records) {
        if (spec === null) this.#counted.delete(key);
        else this.#count(key, { generation, published });
      }
      this.#deps.onCounted(records.map(({ key }) => key));
    } catch (error) {
      // Who has the range now publishes the change; of being deposed the event tells.
      if (!(error instanceof DeposedError || error instanceof PublisherClosedError)) throw error;
    }
  }

  /** Answers may come in another order than changes. */
  #count(key: string, counted: Counted): void {
    const before = this.#counted.get(key);
    if (before === undefined || before.generation <= counted.generation) this.#counted.set(key, counted);
  }
}

function truthOf(book: RecordBook): Truth {
  return {
    async *list(keys) {
      // All at once: the book goes on changing while the parts are taken.
      const records = keys === undefined ? [...book.records()] : keys.flatMap((key) => book.get(key) ?? []);
      let part: TruthRecord[] = [];
      for (const record of records) {
        part.push(record);
        if (part.length < listedAtOnce) continue;
        yield await Promise.resolve(part);
        part = [];
      }
      yield part;
    },
  };
}
