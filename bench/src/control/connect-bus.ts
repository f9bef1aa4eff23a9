/** A connection of the benchmark's own to the configuration bucket. */
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { within } from '@sluice/testkit/within.ts';

const patienceMs = 30_000;

/** Resolves when the bucket, which a publisher makes, is there. */
export async function connectBus(scope: CleanupScope, url: string, inbox: string): Promise<ConfigBus> {
  const bus = createNatsBus({ servers: [url], clientName: `bench ${inbox}`, inbox }, { random: Math.random });
  scope.after(() => bus.close());
  const connected = new Promise<void>((resolve) => {
    bus.onState(({ kind }) => {
      if (kind === 'Connected') resolve();
    });
  });
  await within(patienceMs, 'a connection to the bucket', connected);
  return bus;
}
