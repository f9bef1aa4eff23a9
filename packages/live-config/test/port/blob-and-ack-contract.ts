/** Blobs and acknowledgements of every ConfigBus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackSubject } from '@sluice/contract/config-subjects.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { ReceivedAck } from '../../src/port/config-bus.ts';
import { type BusImplementation, openConnected } from './bus-harness.ts';

function manyBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

export function testBlobsAndAcks(implementation: BusImplementation): void {
  const { name, skip } = implementation;
  test(`${name}: gives a blob of several megabytes back as it was`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bytes = manyBytes(3_000_001);
    await (await openConnected(harness)).putBlob('users-1', bytes);
    const back = await (await openConnected(harness)).getBlob('users-1');
    assert.ok(back !== null && Buffer.compare(bytes, back) === 0);
  });

  test(`${name}: keeps an empty blob apart from none`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await bus.putBlob('users-empty', new Uint8Array(0));
    assert.equal((await bus.getBlob('users-empty'))?.byteLength, 0);
    assert.equal(await bus.getBlob('users-none'), null);
  });

  test(`${name}: replaces a blob of the same name`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await bus.putBlob('users-1', manyBytes(400_000));
    await bus.putBlob('users-1', Buffer.from('second'));
    assert.equal(Buffer.from((await bus.getBlob('users-1')) ?? []).toString(), 'second');
  });

  test(`${name}: takes names of blobs with any character`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const blob = 'users/2026-11-27 .*>€';
    await bus.putBlob(blob, Buffer.from('1'));
    assert.equal(Buffer.from((await bus.getBlob(blob)) ?? []).toString(), '1');
  });

  test(`${name}: prunes what begins with a prefix and is not kept, and nothing else`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    for (const blob of ['users-1', 'users-2', 'users-3', 'routing-1']) await bus.putBlob(blob, Buffer.from(blob));
    await bus.pruneBlobs('users-', ['users-3', 'users-never']);
    const left = await Promise.all(['users-1', 'users-2', 'users-3', 'routing-1'].map((blob) => bus.getBlob(blob)));
    assert.deepEqual(
      left.map((bytes) => bytes !== null),
      [false, false, true, true],
    );
    await bus.putBlob('users-1', Buffer.from('again'));
    assert.equal(Buffer.from((await bus.getBlob('users-1')) ?? []).toString(), 'again');
  });

  test(`${name}: hands acknowledgements to every listener, with the subject they came on`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const proxy = await openConnected(harness);
    const publishers = [harness.open(), harness.open()];
    const received: ReceivedAck[][] = publishers.map(() => []);
    publishers.forEach((bus, index) => bus.onAck((ack) => received[index]?.push(ack)));
    await eventually(() => {
      proxy.sendAck('p1', Buffer.from('applied'));
      assert.ok(received.every((acks) => acks.length > 0));
    });
    for (const acks of received) {
      assert.equal(acks[0]?.subject, ackSubject('p1'));
      assert.equal(Buffer.from(acks[0].payload).toString(), 'applied');
    }
  });

  test(`${name}: receives acknowledgements again after it was cut off`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const proxy = await openConnected(harness);
    const publisher = await openConnected(harness);
    const texts: string[] = [];
    publisher.onAck((ack) => texts.push(Buffer.from(ack.payload).toString()));
    await harness.interrupt();
    proxy.sendAck('p1', Buffer.from('lost'));
    await harness.restore();
    await eventually(
      () => {
        proxy.sendAck('p1', Buffer.from('after'));
        assert.ok(texts.includes('after'));
      },
      { timeoutMs: 15_000 },
    );
  });
}
