/** What the contract of the port needs beside the port: a fresh bucket, clients of it, and accidents that befall it. */
import type { TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { ConfigBus, ConnectionState } from '../../src/port/config-bus.ts';

export interface BusHarness {
  /** A client of its own, closed with the test. */
  open(): ConfigBus;
  /** Deletes the bucket and makes it anew. */
  recreateBucket(): Promise<void>;
  /** Deletes a key as an operator could, behind everyone's back. */
  deleteKey(key: string): Promise<void>;
  /** Cuts every client off. */
  interrupt(): Promise<void>;
  restore(): Promise<void>;
}

export interface BusImplementation {
  readonly name: string;
  readonly skip: string | false;
  start(t: TestContext): Promise<BusHarness>;
}

/** Every state the bus reports. */
export function recordStates(bus: ConfigBus): readonly ConnectionState[] {
  const states: ConnectionState[] = [];
  bus.onState((state) => states.push(state));
  return states;
}

/** The identity of the bucket, once the bus is connected to it. */
export async function connectedBucket(bus: ConfigBus): Promise<string> {
  const states = recordStates(bus);
  return await eventually(
    () => {
      const last = states.at(-1);
      if (last?.kind !== 'Connected') throw new Error(`still ${JSON.stringify(last)}`);
      return last.bucket;
    },
    { timeoutMs: 15_000 },
  );
}

/** A client that is connected. */
export async function openConnected(harness: BusHarness): Promise<ConfigBus> {
  const bus = harness.open();
  await connectedBucket(bus);
  return bus;
}

/** Writes a text and returns its sequence; throws unless it was stored. */
export async function store(bus: ConfigBus, key: string, text: string, expected = 0): Promise<number> {
  const outcome = await bus.put(key, Buffer.from(text), expected);
  if (outcome.kind !== 'Stored') throw new Error(`put ${key}: ${JSON.stringify(outcome)}`);
  return outcome.sequence;
}
