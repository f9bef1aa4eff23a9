/** A publisher and replicas over a store in memory, as the state service and proxies run them. Whoever opens, closes. */
import type { TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { MemoryBus } from '../src/memory/memory-bus.ts';
import { createMemoryStore, type MemoryStore } from '../src/memory/memory-store.ts';
import { createPublisher } from '../src/publisher/publisher.ts';
import type { Publisher, PublisherConfig, PublisherEvent } from '../src/publisher/publisher-port.ts';
import type { ResourceSpec, Truth, TruthRecord } from '../src/publisher/truth.ts';
import { createReplica } from '../src/replica/replica.ts';
import type { ApplyRequest, ApplyResult, Replica, ReplicaConfig, ReplicaEvent } from '../src/replica/replica-port.ts';

/** A truth in memory whose changes the test hands to publishers itself. */
export class MapTruth implements Truth {
  readonly records = new Map<string, TruthRecord>();
  #generation = 0;
  /** Called with a listing in hand, before its parts are given. */
  onListed: (keys: readonly string[] | undefined) => Promise<void> = () => Promise.resolve();

  set(key: string, spec: ResourceSpec | null): TruthRecord {
    this.#generation += 1;
    const record = { key, generation: this.#generation, spec };
    this.records.set(key, record);
    return record;
  }

  async *list(keys?: readonly string[]): AsyncGenerator<readonly TruthRecord[]> {
    const all = [...this.records.values()].filter(({ key }) => keys === undefined || keys.includes(key));
    await this.onListed(keys);
    for (let at = 0; at < all.length; at += 100) yield await Promise.resolve(all.slice(at, at + 100));
  }
}

export interface OpenedReplica {
  readonly replica: Replica;
  readonly bus: MemoryBus;
  readonly inForce: Map<string, ResourceSpec>;
  readonly requests: Omit<ApplyRequest, 'changes'>[];
  readonly events: ReplicaEvent[];
  /** Waits until a key has this spec in force; undefined: none. */
  readonly has: (key: string, spec: ResourceSpec | undefined) => Promise<void>;
}

export interface OpenedPublisher {
  readonly publisher: Publisher;
  readonly bus: MemoryBus;
  readonly events: PublisherEvent[];
}

export interface LiveHarness {
  readonly store: MemoryStore;
  readonly truth: MapTruth;
  readonly publish: (config?: Partial<PublisherConfig>) => OpenedPublisher;
  readonly follow: (options?: FollowOptions) => OpenedReplica;
}

export interface FollowOptions extends Partial<ReplicaConfig> {
  /** What to reject, with what reason; null: nothing. Throws: the apply fails. */
  readonly judge?: (key: string, spec: ResourceSpec | null) => string | null;
}

const nowMs = (): number => performance.timeOrigin + performance.now();
const random = (): number => 0.5;

export function openLive(t: TestContext): LiveHarness {
  const store = createMemoryStore();
  const truth = new MapTruth();
  let epoch = 0;
  const epochs = {
    claim: (above: number): Promise<number> => {
      epoch = Math.max(epoch, above) + 1;
      return Promise.resolve(epoch);
    },
  };
  const attach = (): MemoryBus => {
    const bus = store.connect();
    t.after(() => bus.close());
    return bus;
  };
  return {
    store,
    truth,
    publish(config = {}) {
      const bus = attach();
      const events: PublisherEvent[] = [];
      const onEvent = (event: PublisherEvent): void => void events.push(event);
      const all = { range: 'users', publisher: `publisher-${Math.random()}`, ...config } as const;
      const publisher = createPublisher(all, { bus, truth, epochs, nowMs, random, onEvent });
      t.after(() => publisher.close());
      return { publisher, bus, events };
    },
    follow: (options = {}) => openReplica(t, attach(), options),
  };
}

function openReplica(t: TestContext, bus: MemoryBus, { judge = () => null, ...config }: FollowOptions): OpenedReplica {
  const events: ReplicaEvent[] = [];
  const requests: Omit<ApplyRequest, 'changes'>[] = [];
  const inForce = new Map<string, ResourceSpec>();
  const apply = async ({ changes, ...request }: ApplyRequest): Promise<ApplyResult> => {
    await Promise.resolve();
    const rejected: { key: string; reason: string }[] = [];
    const named = new Set<string>();
    for (const { key, spec } of changes) {
      const reason = judge(key, spec);
      named.add(key);
      if (reason !== null) rejected.push({ key, reason });
      else if (spec === null) inForce.delete(key);
      else inForce.set(key, spec);
    }
    if (request.isWhole) for (const key of inForce.keys()) if (!named.has(key)) inForce.delete(key);
    requests.push(request);
    return { rejected };
  };
  const all = { proxy: 'proxy-1', instance: 'first', ranges: ['users'], ...config } as const;
  const onEvent = (event: ReplicaEvent): void => void events.push(event);
  const replica = createReplica(all, { bus, apply, nowMs, random, onEvent });
  t.after(() => replica.close());
  const has = async (key: string, spec: ResourceSpec | undefined): Promise<void> => {
    await eventually(() => {
      const found = JSON.stringify(inForce.get(key));
      if (found !== JSON.stringify(spec)) throw new Error(`${key} is ${found}, not ${JSON.stringify(spec)}`);
    });
  };
  return { replica, bus, inForce, requests, events, has };
}
