/** A bus harness over a real server: what befalls the bucket is done by an independent client of its own. */
import type { TestContext } from 'node:test';
import { Kvm } from '@nats-io/kv';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { configBucket } from '@sluice/contract/config-subjects.ts';
import type { NatsServer } from '@sluice/testkit/nats-server.ts';
import { createNatsBus, type NatsBus } from '../../src/nats/nats-bus.ts';
import { configStream, makeBuckets } from '../../src/nats/bucket-stream.ts';
import type { NatsBusConfig, NatsTiming } from '../../src/nats/nats-config.ts';
import type { BusHarness } from '../port/bus-harness.ts';

/** Quick, and slow enough for a busy machine. */
export const testTiming: NatsTiming = {
  connectTimeoutMs: 2_000,
  requestTimeoutMs: 2_000,
  pingIntervalMs: 500,
  maxPingsOut: 2,
  reconnectMinMs: 20,
  reconnectMaxMs: 200,
  identityIntervalMs: 300,
  heartbeatMs: 500,
};

export function openNatsBus(t: TestContext, servers: readonly string[], more: Partial<NatsBusConfig> = {}): NatsBus {
  const bus = createNatsBus(
    { servers, clientName: 'test', inbox: 'test', makeBuckets: { replicas: 1 }, timing: testTiming, ...more },
    { random: Math.random },
  );
  t.after(() => bus.close());
  return bus;
}

/** A bus that makes no bucket, as a proxy's. */
export function openNatsReader(t: TestContext, url: string, inbox: string): NatsBus {
  const config = { servers: [url], clientName: 'test reader', inbox, timing: testTiming };
  const bus = createNatsBus(config, { random: Math.random });
  t.after(() => bus.close());
  return bus;
}

/** Asks with the library's own client, that nothing here has a part in. */
export async function withPlainClient<T>(url: string, act: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url, reconnect: false, timeout: 5_000 });
  try {
    return await act(connection);
  } finally {
    await connection.close();
  }
}

async function recreateBucket(url: string): Promise<void> {
  await withPlainClient(url, async (connection) => {
    const manager = await jetstreamManager(connection);
    await manager.streams.delete(configStream);
    await makeBuckets(manager, 1);
  });
}

export function natsHarness(t: TestContext, server: NatsServer): BusHarness {
  return {
    open: () => openNatsBus(t, [server.url]),
    recreateBucket: () => recreateBucket(server.url),
    deleteKey: (key) =>
      withPlainClient(server.url, async (connection) => {
        const bucket = await new Kvm(connection).open(configBucket);
        await bucket.delete(key);
      }),
    interrupt: () => server.kill(),
    restore: () => server.restart(),
  };
}
