/** What a watch makes of each thing a server may say, one by one. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { connectedBucket } from '../port/bus-harness.ts';
import { WatchRecorder } from '../port/watch-recorder.ts';
import { openNatsReader, testTiming } from './nats-harness.ts';
import { type ScriptedConsumer, type ScriptedNats, startScriptedNats } from './scripted-nats.ts';

interface Scene {
  readonly nats: ScriptedNats;
  readonly recorder: WatchRecorder;
}

async function play(
  t: TestContext,
  pending: number | null,
  script: (consumer: ScriptedConsumer) => void,
): Promise<Scene> {
  const nats = await startScriptedNats(t, pending, script);
  const bus = openNatsReader(t, nats.address, 'scripted');
  await connectedBucket(bus);
  return { nats, recorder: new WatchRecorder(bus, { filters: ['head.users', 'users.>'] }) };
}

const heartbeat = '100 Idle Heartbeat';

test('ends the snapshot with the message that has none behind it', async (t) => {
  const { recorder } = await play(t, 2, (consumer) => {
    consumer.deliver({ key: 'users.a', sequence: 3, delivery: 1, pending: 1 });
    consumer.deliver({ key: 'users.b', sequence: 9, delivery: 2, pending: 0 });
    consumer.deliver({ key: 'users.c', sequence: 10, delivery: 3, pending: 0 });
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'Entry', 'SnapshotEnded', 'Entry']));
  assert.deepEqual(
    recorder.entries.map((entry) => entry.sequence),
    [3, 9, 10],
  );
});

test('does not take a heartbeat for the end of the snapshot, and is lost when only heartbeats come', async (t) => {
  const { recorder } = await play(t, 2, (consumer) => {
    consumer.deliver({ key: 'users.a', sequence: 3, delivery: 1, pending: 1 });
    for (let beat = 0; beat < 4; beat++) consumer.status(heartbeat);
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'Lost']));
  assert.match(recorder.lostReasons[0] ?? '', /in the middle of the snapshot/);
});

test('goes on when a snapshot pauses for a heartbeat or two', async (t) => {
  const { recorder } = await play(t, 3, (consumer) => {
    for (const [delivery, pending] of [
      [1, 2],
      [2, 1],
      [3, 0],
    ] as const) {
      consumer.status(heartbeat);
      consumer.status(heartbeat);
      consumer.deliver({ key: `users.u${delivery}`, sequence: delivery, delivery, pending });
    }
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'Entry', 'Entry', 'SnapshotEnded']));
});

test('is lost at a gap in what was delivered', async (t) => {
  const { recorder } = await play(t, 3, (consumer) => {
    consumer.deliver({ key: 'users.a', sequence: 1, delivery: 1, pending: 2 });
    consumer.deliver({ key: 'users.c', sequence: 3, delivery: 3, pending: 0 });
    consumer.deliver({ key: 'users.d', sequence: 4, delivery: 4, pending: 0 });
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'Lost']));
  assert.match(recorder.lostReasons[0] ?? '', /message 3 came after 1/);
});

test('is lost at a message delivered twice', async (t) => {
  const { recorder } = await play(t, 3, (consumer) => {
    consumer.deliver({ key: 'users.a', sequence: 1, delivery: 1, pending: 2 });
    consumer.deliver({ key: 'users.a', sequence: 1, delivery: 1, pending: 2 });
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'Lost']));
});

test('is lost at a message that no consumer delivered, and does not report it', async (t) => {
  const { recorder } = await play(t, 1, (consumer) => consumer.inject('users.evil', 'somewhere.else'));
  await eventually(() => assert.deepEqual(recorder.kinds, ['Lost']));
});

for (const line of ['409 Consumer Deleted', '409 Leadership Change', '404 No Messages', '503']) {
  test(`is lost when the server says ${line}`, async (t) => {
    const { recorder } = await play(t, 0, (consumer) => consumer.status(line));
    await eventually(() => assert.deepEqual(recorder.kinds, ['SnapshotEnded', 'Lost']));
    assert.ok(recorder.lostReasons[0]?.includes(line));
  });
}

test('is lost when nothing comes any more, although the connection lives', async (t) => {
  const { recorder } = await play(t, 0, (consumer) => consumer.status(heartbeat));
  const beganMs = performance.now();
  await eventually(() => assert.deepEqual(recorder.kinds, ['SnapshotEnded', 'Lost']));
  assert.match(recorder.lostReasons[0] ?? '', /not even a heartbeat/);
  assert.ok(performance.now() - beganMs > 2 * testTiming.heartbeatMs);
});

test('answers requests of flow control, and heartbeats of a consumer that waits for an answer', async (t) => {
  const { nats, recorder } = await play(t, 1, (consumer) => {
    consumer.status('100 FlowControl Request', { reply: '$JS.FC.KV_sluice-config.c.1' });
    consumer.status(heartbeat, { header: 'Nats-Consumer-Stalled: $JS.FC.KV_sluice-config.c.2' });
    consumer.deliver({ key: 'users.a', sequence: 1, delivery: 1, pending: 0 });
  });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'SnapshotEnded']));
  await eventually(() => {
    const answered = nats.published.filter((subject) => subject.startsWith('$JS.FC.'));
    assert.deepEqual(answered, ['$JS.FC.KV_sluice-config.c.1', '$JS.FC.KV_sluice-config.c.2']);
  });
});

test('is lost when nobody answers that there is a consumer, and none is heard', async (t) => {
  const { recorder } = await play(t, null, () => {});
  await eventually(() => assert.deepEqual(recorder.kinds, ['Lost']));
  assert.match(recorder.lostReasons[0] ?? '', /begin to watch: timeout|nothing came/);
});

test('goes on without the answer that there is a consumer when that one delivers', async (t) => {
  let consumer: ScriptedConsumer | undefined;
  const { recorder } = await play(t, null, (made) => {
    consumer = made;
    made.deliver({ key: 'users.a', sequence: 3, delivery: 1, pending: 0 });
  });
  const beganMs = performance.now();
  await eventually(() => {
    consumer?.status(heartbeat);
    // An answer is no longer waited for by then.
    assert.ok(performance.now() - beganMs > 1.25 * testTiming.requestTimeoutMs);
  });
  consumer?.deliver({ key: 'users.b', sequence: 4, delivery: 2, pending: 0 });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'SnapshotEnded', 'Entry']));
});

test('removes its consumer when it is closed or lost', async (t) => {
  const { nats, recorder } = await play(t, 0, () => {});
  await eventually(() => assert.ok(recorder.hasSnapshot));
  recorder.watch.close();
  await eventually(() => {
    assert.equal(nats.published.filter((subject) => subject.startsWith('$JS.API.CONSUMER.DELETE.')).length, 1);
  });
});
