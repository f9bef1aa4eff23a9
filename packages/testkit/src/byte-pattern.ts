/**
 * Long streams whose every 64 KiB differ, made without a source of randomness: a block filled by SHA-256 in counter mode,
 * stamped with its position. Lost, repeated or reordered bytes change the hash and can be located.
 */
import { createHash } from 'node:crypto';

const blockBytes = 64 * 1024;

function fillBlock(seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index < blockBytes / 32; index += 1) {
    parts.push(createHash('sha256').update(`${seed}:${index}`).digest());
  }
  return Buffer.concat(parts);
}

/** Yields `length` bytes in chunks of at most 64 KiB; the same seed yields the same bytes. */
export function* createBytePattern(seed: string, length: number): Generator<Buffer> {
  const block = fillBlock(seed);
  for (let offset = 0; offset < length; offset += blockBytes) {
    const chunk = Buffer.from(block.subarray(0, Math.min(blockBytes, length - offset)));
    if (chunk.length >= 6) chunk.writeUIntBE(offset / blockBytes, 0, 6);
    yield chunk;
  }
}
