import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { headKey } from '@sluice/contract/config-key.ts';
import { makeEntry, readEntry, readHead, writeEntry, writeMessage } from '../../src/digest/read-message.ts';
import { signAck, type UnsignedAck } from '../../src/digest/ack-token.ts';
import { DeposedError, PublisherClosedError } from '../../src/publisher/publisher-error.ts';
import { type LiveHarness, openLive } from '../live-harness.ts';

function entryIn({ store }: LiveHarness, key: string): ReturnType<typeof readEntry> {
  const value = store.read(key)?.value;
  return value === undefined || value === null ? null : readEntry('users', key, value);
}

function headIn({ store }: LiveHarness): ReturnType<typeof readHead> {
  const value = store.read(headKey('users'))?.value;
  return value === undefined || value === null ? null : readHead('users', value);
}

describe('a publisher', () => {
  it('makes an empty bucket equal to the truth, and says so with one head', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 1_000; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher } = live.publish();
    const { epoch, revision } = await publisher.publish([]);
    assert.deepEqual([epoch, revision, headIn(live)?.count, headIn(live)?.revision], [1, 1, 1_000, 1]);
    assert.equal(entryIn(live, 'users.u999')?.specText, '{"index":999}');
  });

  it('counts a change in before it says that it is published', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    await publisher.publish([]);
    const { revision } = await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    assert.equal(headIn(live)?.revision, revision);
    assert.equal(headIn(live)?.digest, publisher.status().digest);
    const gone = await publisher.publish([live.truth.set('users.ann', null)]);
    assert.deepEqual([gone.revision, headIn(live)?.count], [revision + 1, 0]);
    assert.deepEqual(entryIn(live, 'users.ann')?.specText, null);
  });

  it('publishes the newest generation of a key, in whatever order changes come', async (t) => {
    const live = openLive(t);
    const { publisher } = live.publish();
    await publisher.publish([]);
    const [older, newer] = [live.truth.set('users.ann', { a: 1 }), live.truth.set('users.ann', { a: 2 })];
    await Promise.all([publisher.publish([newer]), publisher.publish([older])]);
    await publisher.publish([older]);
    assert.equal(entryIn(live, 'users.ann')?.specText, '{"a":2}');
  });

  it('deletes what the truth does not have when it takes over, and leaves the rest as it is', async (t) => {
    const live = openLive(t);
    live.truth.set('users.ann', { a: 1 });
    live.truth.set('users.bob', { b: 1 });
    const first = live.publish();
    await first.publisher.publish([]);
    await first.publisher.close();
    const before = live.store.read('users.ann')?.sequence;
    live.truth.records.delete('users.bob');
    await live.publish().publisher.publish([]);
    assert.deepEqual(entryIn(live, 'users.bob')?.specText, null);
    assert.equal(live.store.read('users.ann')?.sequence, before);
    assert.deepEqual([headIn(live)?.epoch, headIn(live)?.count], [2, 1]);
  });

  it('stops when another one has taken over, and rejects what waits', async (t) => {
    const live = openLive(t);
    const first = live.publish();
    await first.publisher.publish([]);
    first.bus.interrupt('cut off by the test');
    const waiting = assert.rejects(first.publisher.publish([live.truth.set('users.ann', { a: 1 })]), DeposedError);
    await live.publish().publisher.publish([]);
    first.bus.restore();
    await waiting;
    await assert.rejects(first.publisher.publish([]), DeposedError);
    assert.equal(first.publisher.status().phase, 'Deposed');
    assert.equal(headIn(live)?.epoch, 2);
  });

  it('takes the range back when its owner says so', async (t) => {
    const live = openLive(t);
    const first = live.publish({ whenDeposed: 'ClaimAgain' });
    await first.publisher.publish([]);
    const second = live.publish();
    await second.publisher.publish([]);
    await eventually(() => assert.equal(second.publisher.status().phase, 'Deposed'));
    await first.publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    assert.equal(headIn(live)?.epoch, 3);
  });

  it('repairs what somebody else wrote, deleted or spoiled in its range', async (t) => {
    const live = openLive(t);
    for (const name of ['ann', 'bob', 'cleo']) live.truth.set(`users.${name}`, { name });
    const { publisher } = live.publish();
    await publisher.publish([]);
    const foreign = (key: string, value: Uint8Array): void => {
      assert.equal(live.store.put(key, value, live.store.read(key)?.sequence ?? 0).kind, 'Stored');
    };
    const old = makeEntry('users.ann', { epoch: 1, generation: 1, specText: '{"name":"mallory"}' });
    foreign('users.ann', writeEntry(old));
    foreign('users.bob', Buffer.from('garbage'));
    live.store.deleteKey('users.cleo');
    foreign('users.dan', writeEntry(makeEntry('users.dan', { epoch: 1, generation: 9, specText: '{}' })));
    await eventually(() => {
      for (const name of ['ann', 'bob', 'cleo']) {
        assert.equal(entryIn(live, `users.${name}`)?.specText, `{"name":"${name}"}`);
      }
      assert.deepEqual(entryIn(live, 'users.dan')?.specText, null);
    });
    assert.equal(headIn(live)?.count, 3);
  });

  it('does not bring back what was deleted after its listing, of which the bucket knew nothing', async (t) => {
    const live = openLive(t);
    for (const name of ['ann', 'bob']) live.truth.set(`users.${name}`, { name });
    const told = Promise.withResolvers<undefined>();
    const { publisher } = live.publish();
    live.truth.onListed = async () => {
      void publisher.publish([live.truth.set('users.ann', null)]);
      await told.promise;
    };
    const published = publisher.publish([]);
    await eventually(() => assert.equal(live.truth.records.get('users.ann')?.spec, null));
    told.resolve(undefined);
    await published;
    assert.equal(entryIn(live, 'users.ann'), null);
    assert.deepEqual([entryIn(live, 'users.bob')?.specText, headIn(live)?.count], ['{"name":"bob"}', 1]);
  });

  it('writes a key again whose put was under way when its watch ended', async (t) => {
    const live = openLive(t);
    const { publisher, bus } = live.publish();
    await publisher.publish([]);
    live.truth.set('users.bob', { b: 1 });
    await publisher.publish([live.truth.set('users.ann', { a: 1 })]);
    const before = live.store.read('users.ann')?.sequence ?? 0;
    const waiting = publisher.publish([live.truth.set('users.ann', { a: 2 })]);
    bus.interrupt('cut off by the test');
    bus.restore();
    await waiting;
    assert.equal(entryIn(live, 'users.ann')?.specText, '{"a":2}');
    assert.ok((live.store.read('users.ann')?.sequence ?? 0) > before);
    assert.equal(publisher.status().counters['repairs'], 1);
  });

  it('has changes in force while a snapshot is being read and stored', async (t) => {
    const live = openLive(t);
    for (const name of ['ann', 'bob']) live.truth.set(`users.${name}`, { name });
    const snapshot = Promise.withResolvers<undefined>();
    let listings = 0;
    live.truth.onListed = async () => {
      listings += 1;
      if (listings === 2) await snapshot.promise;
    };
    const { publisher, events } = live.publish({ snapshotAbove: 1 });
    const { has } = live.follow();
    await has('users.ann', { name: 'ann' });
    await eventually(() => assert.equal(listings, 2));
    for (let turn = 1; turn <= 20; turn += 1) {
      await publisher.publish([live.truth.set('users.ann', { turn })]);
      await has('users.ann', { turn });
    }
    const isStored = (): boolean => events.some(({ kind }) => kind === 'SnapshotStored');
    assert.equal(isStored(), false);
    snapshot.resolve(undefined);
    await eventually(() => assert.ok(isStored()));
    assert.equal(headIn(live)?.count, 2);
  });

  it('fills a bucket that was made anew', async (t) => {
    const live = openLive(t);
    live.truth.set('users.ann', { a: 1 });
    const { publisher } = live.publish();
    const { revision } = await publisher.publish([]);
    live.store.recreate();
    await eventually(() => assert.ok((headIn(live)?.revision ?? 0) > revision));
    assert.equal(entryIn(live, 'users.ann')?.specText, '{"a":1}');
  });

  it('refuses what readers could not read, says so, and publishes the rest', async (t) => {
    const live = openLive(t);
    const { publisher, events } = live.publish();
    await publisher.publish([]);
    await publisher.publish([
      { key: 'routes.x', generation: 1, spec: {} },
      { key: 'users.ann', generation: 0, spec: {} },
      { key: 'users.b b', generation: 1, spec: {} },
      live.truth.set('users.cleo', { c: 1 }),
    ]);
    const denied = events.flatMap((event) => (event.kind === 'Denied' ? [event.key] : []));
    assert.deepEqual(denied, ['routes.x', 'users.ann', 'users.b b']);
    assert.equal(headIn(live)?.count, 1);
  });

  it('claims an epoch above that of any proxy, when the bucket has forgotten it', async (t) => {
    const live = openLive(t);
    const ackKey = Buffer.from('shared');
    const { publisher } = live.publish({ ackKey });
    await publisher.publish([]);
    const ack: UnsignedAck = {
      ...{ v: 1, proxy: 'p', instance: 'i', range: 'users', epoch: 41, revision: 7, digest: 'a'.repeat(64) },
      ...{ appliedAt: '2026-01-01T00:00:00.000Z', rejected: [], rejectedCount: 0 },
    };
    const bus = live.store.connect();
    t.after(() => bus.close());
    bus.sendAck('p', writeMessage(signAck(ack, Buffer.from('another'))));
    bus.sendAck('p', writeMessage(signAck(ack, ackKey)));
    await eventually(() => assert.equal(headIn(live)?.epoch, 42));
    const believed = { ...ack, believed: { epoch: 50, revision: 9 } };
    bus.sendAck('p', writeMessage(signAck(believed, ackKey)));
    await eventually(() => assert.equal(headIn(live)?.epoch, 51));
  });

  it('rejects what waits when it is closed', async (t) => {
    const live = openLive(t);
    const { publisher, bus } = live.publish();
    bus.interrupt('cut off by the test');
    const waiting = assert.rejects(publisher.publish([live.truth.set('users.ann', {})]), PublisherClosedError);
    await publisher.close();
    await waiting;
    await assert.rejects(publisher.publish([]), PublisherClosedError);
  });
});
