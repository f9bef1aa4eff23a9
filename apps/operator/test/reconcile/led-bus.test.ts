import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { BusError } from '@sluice/live-config/port/config-bus.ts';
import { createLedBus } from '../../src/reconcile/led-bus.ts';

test('what the next leader has stored stays when one that slept past its Lease tidies up', async (t) => {
  const bus = new MemoryStore().connect();
  t.after(() => bus.close());
  let isHeld = true;
  const led = createLedBus(bus, { isHeld: () => isHeld, signal: new AbortController().signal });
  await led.putBlob('routing.1', Buffer.from('own'));
  isHeld = false;
  await bus.putBlob('routing.2', Buffer.from("the next leader's"));
  await assert.rejects(led.pruneBlobs('routing.', ['routing.1']), BusError);
  await assert.rejects(led.putBlob('routing.3', Buffer.from('late')), BusError);
  assert.ok(await bus.getBlob('routing.2'));
  assert.equal(await bus.getBlob('routing.3'), null);
});
