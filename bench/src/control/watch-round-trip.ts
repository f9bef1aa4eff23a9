/** What NATS and its client take alone: one compare-and-set put to its delivery on a watch of another connection. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { within } from '@sluice/testkit/within.ts';
import { connectBus } from './connect-bus.ts';

/** Outside both ranges: no proxy and no publisher looks at it. */
const key = 'bench.round-trip';
const patienceMs = 10_000;

/** Each call makes one put and resolves with the milliseconds until it was seen. */
export async function openRoundTrip(scope: CleanupScope, url: string): Promise<() => Promise<number>> {
  const [writer, reader] = await Promise.all([
    connectBus(scope, url, 'bench-writer'),
    connectBus(scope, url, 'bench-reader'),
  ]);
  let seen: (sequence: number) => void = () => {};
  const watch = reader.watch({
    filters: [key],
    onEvent: (event) => {
      if (event.kind === 'Entry') seen(event.entry.sequence);
    },
  });
  scope.after(() => watch.close());
  let sequence = (await writer.read(key))?.sequence ?? 0;
  return async () => {
    const sentAt = performance.now();
    const arrived = new Promise<number>((resolve) => {
      seen = () => resolve(performance.now());
    });
    const outcome = await writer.put(key, Buffer.from(String(sentAt)), sequence);
    if (outcome.kind !== 'Stored') throw new Error(`the put was ${JSON.stringify(outcome)}`);
    sequence = outcome.sequence;
    return (await within(patienceMs, 'the put on the watch', arrived)) - sentAt;
  };
}
