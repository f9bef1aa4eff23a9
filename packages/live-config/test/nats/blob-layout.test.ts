/** Blobs and keys lie where NATS's own clients look for them, and theirs where we do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import fc from 'fast-check';
import { configBucket, snapshotBucket } from '@sluice/contract/config-subjects.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { parseBlobDescription } from '../../src/nats/blob-description.ts';
import { blobIdOf, blobNameOfSubject, descriptionSubject, pieceSubject } from '../../src/nats/blob-subject.ts';
import { connectedBucket, store } from '../port/bus-harness.ts';
import { openNatsBus, withPlainClient } from './nats-harness.ts';

const skip = await whyNoNatsServer();

test("the library's object store reads our blobs, and we read its", { skip }, async (t) => {
  const server = await startNatsServer(t);
  const bus = openNatsBus(t, [server.url]);
  await connectedBucket(bus);
  const ours = Buffer.alloc(300_000, 'ours');
  const theirs = Buffer.alloc(300_000, 'theirs');
  await bus.putBlob('users-1', ours);
  await withPlainClient(server.url, async (connection) => {
    const objects = await new Objm(connection).open(snapshotBucket);
    assert.ok(Buffer.compare(ours, (await objects.getBlob('users-1')) ?? Buffer.alloc(0)) === 0);
    await objects.putBlob({ name: 'users-2' }, theirs);
    assert.ok(Buffer.compare(theirs, (await bus.getBlob('users-2')) ?? Buffer.alloc(0)) === 0);
    await objects.delete('users-2');
    assert.equal(await bus.getBlob('users-2'), null);
    await bus.pruneBlobs('users-', []);
    assert.deepEqual(await objects.list(), []);
    assert.equal((await objects.status()).size, 0, 'nothing is left behind');
  });
});

test("the library's key-value store reads our keys", { skip }, async (t) => {
  const server = await startNatsServer(t);
  const bus = openNatsBus(t, [server.url]);
  await connectedBucket(bus);
  const sequence = await store(bus, 'users.al=2Eice', 'spec');
  await withPlainClient(server.url, async (connection) => {
    const bucket = await new Kvm(connection).open(configBucket);
    const entry = await bucket.get('users.al=2Eice');
    assert.deepEqual([entry?.string(), entry?.revision], ['spec', sequence]);
    const status = await bucket.status();
    assert.deepEqual([status.history, status.ttl, status.replicas], [1, 0, 1]);
  });
});

test('the name of a blob comes back from every subject it has', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), (name) => {
      for (const subject of [descriptionSubject(name), pieceSubject(blobIdOf(name, 'abc'))]) {
        assert.equal(blobNameOfSubject(subject), name);
        assert.match(subject, /^\$O\.sluice-snapshots\.[CM]\.[A-Za-z0-9_=~-]+$/);
      }
    }),
  );
});

test('subjects of others have no name', () => {
  for (const subject of ['$O.sluice-snapshots.C.abc', '$O.other.M.dXNlcnM=', '$O.sluice-snapshots.M.!', '']) {
    assert.equal(blobNameOfSubject(subject), null);
  }
});

test('what is no description is none, whatever it is', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"name":"a"}',
    '{"name":"a","nuid":"a.>","size":1,"chunks":1,"digest":""}',
  ]) {
    assert.equal(parseBlobDescription(text), null);
  }
  fc.assert(
    fc.property(fc.json(), (text) => {
      parseBlobDescription(text);
    }),
  );
});
