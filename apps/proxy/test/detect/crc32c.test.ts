import assert from 'node:assert/strict';
import { it } from 'node:test';
import { crc32cWithHole } from '../../src/detect/crc32c.ts';

it('crc32cWithHole is CRC-32C: the check value of its catalogue and the vectors of RFC 3720 B.4', () => {
  const vectors: readonly (readonly [Buffer, number])[] = [
    [Buffer.from('123456789'), 0xe3069283],
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ];
  for (const [bytes, expected] of vectors) {
    assert.equal(crc32cWithHole(bytes, 0, bytes.length, bytes.length), expected);
  }
});

it('crc32cWithHole takes four bytes of its range as zero', () => {
  const bytes = Buffer.alloc(40, 0xee);
  bytes.fill(0, 4, 36);
  bytes.fill(0x55, 10, 14);
  assert.equal(crc32cWithHole(bytes, 4, 36, 10), 0x8a9136aa);
});
