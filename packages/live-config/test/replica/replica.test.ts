import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { readAck } from '../../src/digest/read-message.ts';
import { openLive } from '../live-harness.ts';

describe('a replica', () => {
  it('has in force what was published, and applies of a change the change alone', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 500; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher } = live.publish();
    const { has, requests, inForce } = live.follow();
    await has('users.u7', { index: 7 });
    assert.equal(inForce.size, 500);
    await publisher.publish([live.truth.set('users.u7', { index: 70 })]);
    await has('users.u7', { index: 70 });
    await publisher.publish([live.truth.set('users.u8', null)]);
    await has('users.u8', undefined);
    const sizes = requests.map(({ isWhole, changeCount }) => `${isWhole ? 'whole' : 'part'} ${changeCount}`);
    assert.deepEqual(sizes, ['whole 500', 'part 1', 'part 1']);
  });

  it('acknowledges what it has in force, so that the publisher knows how far a change is', async (t) => {
    const live = openLive(t);
    const ackKey = Buffer.from('shared');
    const { publisher } = live.publish({ ackKey });
    for (const proxy of ['a', 'b']) live.follow({ proxy, ackKey });
    const judge = (key: string): string | null => (key === 'users.bad' ? 'its name is bad' : null);
    live.follow({ proxy: 'c', ackKey, judge });
    live.follow({ proxy: 'liar', ackKey: Buffer.from('another') });
    const record = live.truth.set('users.bad', {});
    const published = await publisher.publish([record]);
    await eventually(() => {
      assert.deepEqual(publisher.rollout({ ...published, ...record }), {
        proxies: 3,
        acknowledged: 2,
        rejections: [{ proxy: 'c', reason: 'its name is bad' }],
      });
    });
  });

  it('is not counted any more once it is closed', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    const [first] = ['a', 'b'].map((proxy) => live.follow({ proxy }).replica);
    const record = live.truth.set('users.ann', {});
    const published = await publisher.publish([record]);
    const of = { ...published, ...record };
    await eventually(() => assert.equal(publisher.rollout(of).acknowledged, 2));
    await first?.close();
    await eventually(() => assert.equal(publisher.rollout(of).proxies, 1), { timeoutMs: 5_000 });
    assert.equal(publisher.status().liveProxies, 1);
  });

  it('tells of each resource whether it is in force, however many it rejects', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    live.follow({ judge: (key) => (key.startsWith('users.bad') ? 'bad' : null) });
    const bad = Array.from({ length: 300 }, (_, index) => live.truth.set(`users.bad${index}`, {}));
    const good = live.truth.set('users.good', {});
    const published = await publisher.publish([...bad, good]);
    await eventually(() => {
      const rolledOut = { proxies: 1, acknowledged: 1, rejections: [] };
      assert.deepEqual(publisher.rollout({ ...published, ...good }), rolledOut);
      for (const record of bad) {
        const { acknowledged, rejections } = publisher.rollout({ ...published, ...record });
        assert.deepEqual([acknowledged, rejections.length], [0, 1], record.key);
      }
    });
  });

  it('keeps the last good version of a resource that is rejected, applies the rest, and says why', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    const judge = (_: string, spec: unknown): string | null => (JSON.stringify(spec).includes('bad') ? 'bad' : null);
    const { has, inForce, replica } = live.follow({ judge });
    await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    await has('users.ann', { a: 1 });
    await publisher.publish([live.truth.set('users.ann', { a: 'bad' }), live.truth.set('users.bob', { b: 1 })]);
    await has('users.bob', { b: 1 });
    assert.deepEqual(inForce.get('users.ann'), { a: 1 });
    const [status] = replica.status();
    assert.deepEqual(status?.rejected, [{ key: 'users.ann', generation: 2, reason: 'bad' }]);
    assert.equal(status.isCurrent, true);
    await publisher.publish([live.truth.set('users.ann', { a: 2 })]);
    await has('users.ann', { a: 2 });
    assert.equal(replica.status()[0]?.rejectedCount, 0);
  });

  it('offers rejected resources again when it is asked to', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    let reason: string | null = 'clashes with the file';
    const { has, replica } = live.follow({ judge: (key) => (key === 'users.ann' ? reason : null) });
    await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    await eventually(() => assert.equal(replica.status()[0]?.rejectedCount, 1));
    reason = null;
    replica.recheck('users');
    await has('users.ann', { a: 1 });
    assert.equal(replica.status()[0]?.rejectedCount, 0);
  });

  it('tells which head it believed, though it could not apply it, so that no publisher comes before that', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    const { revision } = await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    const listener = live.store.connect();
    t.after(() => listener.close());
    const acks: ReturnType<typeof readAck>[] = [];
    listener.onAck(({ payload }) => acks.push(readAck(payload)));
    const judge = (): never => {
      throw new Error('out of memory');
    };
    live.follow({ judge });
    await eventually(
      () => {
        const { epoch, believed } = acks.at(-1) ?? {};
        assert.deepEqual({ epoch, believed }, { epoch: 0, believed: { epoch: 1, revision } });
      },
      { timeoutMs: 30_000 },
    );
  });

  it('tries everything again after a revision could not be applied', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    let isBroken = false;
    const judge = (): null => {
      if (isBroken) throw new Error('out of memory');
      return null;
    };
    const { has, events, requests } = live.follow({ judge });
    await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    await has('users.ann', { a: 1 });
    isBroken = true;
    await publisher.publish([live.truth.set('users.ann', { a: 2 })]);
    await eventually(() => assert.ok(events.some(({ kind }) => kind === 'ApplyFailed')));
    isBroken = false;
    await has('users.ann', { a: 2 });
    assert.equal(requests.at(-1)?.isWhole, true);
  });

  it('serves on while it is cut off, and catches up with what it missed', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    const { bus, has, inForce, replica } = live.follow();
    await publisher.publish([live.truth.set('users.ann', { a: 1 }), live.truth.set('users.bob', { b: 1 })]);
    await has('users.bob', { b: 1 });
    bus.interrupt('cut off by the test');
    await publisher.publish([live.truth.set('users.ann', null)]);
    await eventually(() => assert.equal(replica.status()[0]?.isCurrent, false));
    assert.deepEqual(inForce.get('users.ann'), { a: 1 });
    bus.restore();
    await has('users.ann', undefined);
    await eventually(() => assert.equal(replica.status()[0]?.isCurrent, true));
  });

  it('starts from disk without a bus, with the good version of what was rejected', async (t) => {
    const live = openLive(t);
    const stateDirectory = join(await createTemporaryDirectory(t), 'state');
    const { publisher } = live.publish();
    const judge = (_: string, spec: unknown): string | null => (JSON.stringify(spec).includes('bad') ? 'bad' : null);
    const first = live.follow({ stateDirectory, judge });
    await publisher.publish([live.truth.set('users.ann', { a: 1 }), live.truth.set('users.bob', { b: 1 })]);
    await first.has('users.bob', { b: 1 });
    await publisher.publish([live.truth.set('users.ann', { a: 'bad' })]);
    await eventually(() => assert.equal(first.replica.status()[0]?.rejectedCount, 1));
    await first.replica.close();

    await publisher.close();
    live.store.recreate();
    const second = live.follow({ stateDirectory, judge });
    await second.replica.restored;
    assert.deepEqual(
      [...second.inForce].toSorted(([a], [b]) => a.localeCompare(b)),
      [
        ['users.ann', { a: 1 }],
        ['users.bob', { b: 1 }],
      ],
    );
    const [status] = second.replica.status();
    assert.deepEqual(
      [status?.source, status?.rejectedCount, status?.revision],
      ['Disk', 1, first.requests.at(-1)?.revision],
    );
    assert.deepEqual(
      second.requests.map(({ source, isWhole }) => [source, isWhole]),
      [['Disk', true]],
    );
  });

  it('refuses a torn table, says why, and takes the one before', async (t) => {
    const live = openLive(t);
    const stateDirectory = await createTemporaryDirectory(t);
    const { publisher } = live.publish();
    const path = join(stateDirectory, 'users.last-good');
    for (const a of [1, 2]) {
      const { has, replica } = live.follow({ stateDirectory });
      await publisher.publish([live.truth.set('users.ann', { a })]);
      await has('users.ann', { a });
      await replica.close();
    }
    await publisher.close();
    live.store.recreate();
    const whole = await readFile(path, 'utf8');
    for (const torn of [whole.slice(0, -10), whole.replace('"a":2', '"a":3'), 'sluice-last-good 2 {}\n', '']) {
      await writeFile(path, torn);
      const { replica, inForce, events } = live.follow({ stateDirectory });
      await replica.restored;
      assert.deepEqual(inForce.get('users.ann'), { a: 1 }, torn);
      assert.ok(events.some((event) => event.kind === 'TableRefused' && event.reason.includes(path)));
      await replica.close();
    }
  });

  it('writes the whole table again when it is gone from the disk', async (t) => {
    const live = openLive(t);
    const stateDirectory = await createTemporaryDirectory(t);
    const { publisher } = live.publish();
    const { has, events } = live.follow({ stateDirectory });
    const path = join(stateDirectory, 'users.last-good');
    await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    await has('users.ann', { a: 1 });
    await eventually(() => readFile(path));
    await rm(path);
    await publisher.publish([live.truth.set('users.bob', { b: 1 })]);
    await has('users.bob', { b: 1 });
    await eventually(() => assert.ok(events.some(({ kind }) => kind === 'TableNotSaved')), { timeoutMs: 20_000 });
    await eventually(
      async () => {
        const table = await readFile(path, 'utf8');
        assert.match(table, /users\.ann.*\n.*users\.bob|users\.bob.*\n.*users\.ann/);
      },
      { timeoutMs: 30_000 },
    );
  });

  it('loads a large range from its snapshot in the object store, and what came after from the watch', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 300; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher, events } = live.publish({ snapshotAbove: 100 });
    await publisher.publish([]);
    await eventually(() => assert.ok(events.some(({ kind }) => kind === 'SnapshotStored')));
    await publisher.publish([live.truth.set('users.u1', { index: 'new' }), live.truth.set('users.u2', null)]);
    const { has, inForce, replica } = live.follow();
    await has('users.u1', { index: 'new' });
    await has('users.u2', undefined);
    assert.equal(inForce.size, 299);
    assert.equal(replica.status()[0]?.counters['blobsLoaded'], 1);
  });

  it('watches from the beginning when the snapshot in the object store is not to be had', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 300; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher, events, bus } = live.publish({ snapshotAbove: 100 });
    await publisher.publish([]);
    await eventually(() => assert.ok(events.some(({ kind }) => kind === 'SnapshotStored')));
    await publisher.publish([live.truth.set('users.u1', { index: 'new' })]);
    await bus.pruneBlobs('users.', []);
    const { has, replica } = live.follow();
    await has('users.u1', { index: 'new' });
    assert.equal(replica.status()[0]?.counters['blobsFailed'], 1);
  });
});
