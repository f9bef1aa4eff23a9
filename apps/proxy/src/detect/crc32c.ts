/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), which zlib's crc32 is not. */
import { byteAt } from './byte-at.ts';

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** The checksum of `bytes[start, end)` with the bytes of `[hole, hole + 4)` taken as zero. */
export function crc32cWithHole(bytes: Buffer, start: number, end: number, hole: number): number {
  let crc = 0xffffffff;
  for (let index = start; index < end; index++) {
    const byte = index >= hole && index < hole + 4 ? 0 : byteAt(bytes, index);
    crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
