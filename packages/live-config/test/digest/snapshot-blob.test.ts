import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import {
  readSnapshotBlob,
  SnapshotBlobError,
  type SnapshotLine,
  snapshotSha256,
  writeSnapshotBlob,
} from '../../src/digest/snapshot-blob.ts';

async function* inParts(lines: readonly SnapshotLine[], size: number): AsyncGenerator<readonly SnapshotLine[]> {
  for (let at = 0; at < lines.length; at += size) yield await Promise.resolve(lines.slice(at, at + size));
}

async function readAll(blob: Uint8Array, sha256 = snapshotSha256(blob)): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const lines of readSnapshotBlob(blob, sha256)) {
    for (const { key, value } of lines) found.push(`${key} ${Buffer.from(value).toString()}`);
  }
  return found;
}

describe('snapshots in the object store', () => {
  it('gives back every line that was written, over many parts', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => ({
      key: `users.u${index}`,
      value: Buffer.from(`{"number":${index},"text":"${'ä'.repeat(index % 50)}"}`),
    }));
    const blob = await writeSnapshotBlob(inParts(lines, 300));
    const expected = lines.map(({ key, value }) => `${key} ${value.toString()}`);
    assert.deepEqual(await readAll(blob), expected);
  });

  it('is empty for an empty range', async () => {
    assert.deepEqual(await readAll(await writeSnapshotBlob(inParts([], 1))), []);
  });

  it('refuses another than the one its head names', async () => {
    const blob = await writeSnapshotBlob(inParts([{ key: 'users.a', value: Buffer.from('{}') }], 1));
    await assert.rejects(readAll(blob, 'a'.repeat(64)), SnapshotBlobError);
  });

  it('refuses what ends in the middle, has no keys, or is not compressed', async () => {
    await assert.rejects(readAll(zstdCompressSync(Buffer.from('users.a\t{}\nusers.b'))), /in the middle of a line/);
    await assert.rejects(readAll(zstdCompressSync(Buffer.from('no key\n'))), /has no key/);
    await assert.rejects(readAll(Buffer.from('not zstd')));
  });

  it('fails when the truth cannot be read, without leaving anything behind', async () => {
    async function* broken(): AsyncGenerator<readonly SnapshotLine[]> {
      yield await Promise.resolve([{ key: 'users.a', value: Buffer.from('{}') }]);
      throw new Error('the database is gone');
    }
    await assert.rejects(writeSnapshotBlob(broken()), /the database is gone/);
  });
});
