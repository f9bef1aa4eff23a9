/** Two operators, of which the leading one is stopped in the middle of its work for longer than its Lease holds, and goes on then. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headKey, rangeFilters } from '@sluice/contract/config-key.ts';
import { readHead } from '@sluice/live-config/digest/read-message.ts';
import { untilConnected } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { BusEntry } from '@sluice/live-config/port/config-bus.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { type FaultScene, openFaultScene, stepTimeoutMs, whyNoFaultScene } from './fault-scene.ts';

const skip = await whyNoFaultScene();

/** A route whose spec says how often it was changed. */
async function putCount(fault: FaultScene, count: number): Promise<void> {
  await fault.applyRoute('counter', {
    match: { sni: ['counter.example.com'] },
    to: { endpoints: [{ url: `tcp://10.0.0.1:${10_000 + count}` }] },
  });
}

async function watchEntries(fault: FaultScene): Promise<BusEntry[]> {
  const seen: BusEntry[] = [];
  const bus = fault.connect('witness');
  await untilConnected(bus, AbortSignal.timeout(stepTimeoutMs));
  bus.watch({
    filters: rangeFilters('routing'),
    onEvent: (event) => {
      if (event.kind === 'Entry') seen.push(event.entry);
    },
  });
  return seen;
}

/** null: it is no head. */
function epochOfHead({ key, value }: BusEntry): number | null {
  return key === headKey('routing') && value !== null ? (readHead('routing', value)?.epoch ?? null) : null;
}

describe('a leader that is stopped past its Lease', { skip }, () => {
  it('publishes nothing and writes no status when it goes on, and takes over again when the other ends', async (t) => {
    const fault = await openFaultScene(t, await sharedKubeApi());
    const [firstUser, secondUser] = [`first-${fault.namespace}`, `second-${fault.namespace}`];
    const [first, second] = await Promise.all([fault.planOperatorAs(firstUser), fault.planOperatorAs(secondUser)]);
    await first.start();
    await first.waitForLog(({ msg }) => msg === 'took the routing over', { timeoutMs: stepTimeoutMs });
    await second.start();
    await fault.begin();
    await fault.untilBegun();

    // It is stopped while changes come in, so that something of each kind is under way in it.
    for (let count = 0; count < 20; count += 1) {
      await putCount(fault, count);
      if (count === 10) first.pause();
    }
    await second.waitForLog(({ msg }) => msg === 'took the routing over', { timeoutMs: stepTimeoutMs });
    await fault.change();
    await fault.untilChanged();
    const state = await fault.state();
    assert.match(state.bus['routes.NS=2Ecounter'] ?? '', /:10019/);

    const witnessed = await watchEntries(fault);
    await eventually(() => assert.ok(witnessed.some(({ key }) => key.endsWith('counter'))));
    const published = witnessed.length;
    const writes = await fault.writes(firstUser);
    const position = first.logPosition;
    first.resume();
    await eventually(() => {
      assert.ok(first.logs(({ msg }) => msg === 'no longer leading', position).length > 0);
    });
    await fault.assertQuiet(secondUser);
    const statuses = (await fault.writes(firstUser)).slice(writes.length);
    // What it had already begun to tell in events may still be told.
    assert.deepEqual(
      statuses.filter(({ objectRef }) => objectRef?.resource !== 'events').map(({ requestURI }) => requestURI),
      [],
    );
    assert.deepEqual(await fault.state(), state);
    const [secondEpoch = 0] = second
      .logs(({ msg }) => msg === 'took the routing over')
      .map(({ epoch }) => Number(epoch));
    assert.deepEqual(
      witnessed.slice(published).filter((entry) => epochOfHead(entry) !== secondEpoch),
      [],
    );

    // Changes go on through the second; when that ends in order, the first has the Lease and a higher epoch at once.
    await fault.finish();
    await fault.untilFinished();
    await second.stop();
    await eventually(
      () => {
        const epochs = first
          .logs(({ msg }) => msg === 'took the routing over', position)
          .map(({ epoch }) => Number(epoch));
        assert.deepEqual(epochs.length, 1);
        assert.ok((epochs[0] ?? 0) > secondEpoch);
      },
      { timeoutMs: stepTimeoutMs },
    );
    const before = await fault.state();
    await fault.assertQuiet(firstUser, secondUser);
    assert.deepEqual(await fault.state(), before);
  });
});
