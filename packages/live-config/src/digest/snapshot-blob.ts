/**
 * Snapshots of large ranges as they are in the object store: one line for each entry, its key, a tab and its value as in the bucket,
 * compressed with zstd. Lines are written and read a part at a time, so that neither side holds the text of a whole range.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { BusEntry } from '../port/config-bus.ts';

export type SnapshotLine = Pick<BusEntry, 'key'> & { readonly value: Uint8Array };

const tab = 9;
const lineEnd = 10;
/** Decompressed; a small bomb must not become a large one. */
const maxTextBytes = 2 ** 31;
const maxLineBytes = 2 ** 20 + 1024;

export class SnapshotBlobError extends Error {
  readonly code = 'SLUICE_SNAPSHOT_BLOB';
  override readonly name = 'SnapshotBlobError';
}

export async function writeSnapshotBlob(parts: AsyncIterable<readonly SnapshotLine[]>): Promise<Uint8Array> {
  const compress = createZstdCompress();
  const chunks: Buffer[] = [];
  compress.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(compress, 'end');
  try {
    for await (const lines of parts) {
      const text = Buffer.concat(lines.flatMap(({ key, value }) => [Buffer.from(`${key}\t`), value, newLine]));
      if (!compress.write(text)) await once(compress, 'drain');
    }
    compress.end();
    await ended;
  } finally {
    compress.destroy();
  }
  return Buffer.concat(chunks);
}

const newLine = Buffer.of(lineEnd);

/** Parts of some hundred lines. Throws SnapshotBlobError for what is no snapshot, or not this one. */
export async function* readSnapshotBlob(blob: Uint8Array, sha256: string): AsyncGenerator<readonly SnapshotLine[]> {
  if (snapshotSha256(blob) !== sha256) throw new SnapshotBlobError('the snapshot is not the one its head names');
  let rest: Buffer = Buffer.alloc(0);
  let total = 0;
  for await (const chunk of Readable.from([blob], { objectMode: false }).pipe(createZstdDecompress())) {
    const text: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    total += (chunk as Buffer).length;
    if (total > maxTextBytes) throw new SnapshotBlobError(`the snapshot holds more than ${maxTextBytes} bytes`);
    const { lines, end } = splitLines(text);
    rest = text.subarray(end);
    if (rest.length > maxLineBytes) throw new SnapshotBlobError('a line of the snapshot is too long');
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) throw new SnapshotBlobError('the snapshot ends in the middle of a line');
}

export function snapshotSha256(blob: Uint8Array): string {
  return createHash('sha256').update(blob).digest('hex');
}

function splitLines(text: Buffer): { readonly lines: SnapshotLine[]; readonly end: number } {
  const lines: SnapshotLine[] = [];
  let begin = 0;
  for (let end = text.indexOf(lineEnd); end >= 0; end = text.indexOf(lineEnd, begin)) {
    const middle = text.indexOf(tab, begin);
    if (middle < 0 || middle > end) throw new SnapshotBlobError('a line of the snapshot has no key');
    lines.push({ key: text.toString('utf8', begin, middle), value: text.subarray(middle + 1, end) });
    begin = end + 1;
  }
  return { lines, end: begin };
}
