/**
 * What a parser says while a stream grows byte by byte. The parsers keep no state, so this is every way to cut the stream in
 * segments: each read sees one of these prefixes.
 */
import assert from 'node:assert/strict';
import type { Detected } from '../../src/detect/detection.ts';
import type { Detector } from '../../src/detect/detect-protocol.ts';

/** The stream in a larger buffer, as in the engine's slab; what surrounds it must be of no effect. */
export function inSlab(flight: Buffer, surroundings: number): { readonly slab: Buffer; readonly start: number } {
  const start = 64;
  const slab = Buffer.alloc(start + flight.length + 64, surroundings);
  flight.copy(slab, start);
  return { slab, start };
}

/**
 * The decision for the whole stream. Fails when a prefix was decided otherwise, or undecided again after a decision.
 * `lengths`: only these prefixes; default all.
 */
export function decideEveryPrefix(detect: Detector, flight: Buffer, lengths?: readonly number[]): Detected | null {
  const { slab, start } = inSlab(flight, 0x16);
  const final = detect(slab, start, start + flight.length);
  let isDecided = false;
  for (const length of lengths ?? Array.from({ length: flight.length + 1 }, (_, length) => length)) {
    const decision = detect(slab, start, start + length);
    if (decision === null) {
      assert.ok(!isDecided, `undecided again at byte ${length} of ${flight.toString('hex')}`);
      continue;
    }
    isDecided = true;
    if (!isSame(decision, final)) assert.deepEqual(decision, final, `byte ${length} of ${flight.toString('hex')}`);
  }
  return final;
}

export function isSame(one: Detected | null, other: Detected | null): boolean {
  if (one === null || other === null) return one === other;
  if (one.protocol !== 'TLS' || other.protocol !== 'TLS') return one.protocol === other.protocol;
  return (
    one.sni === other.sni &&
    one.alpn.length === other.alpn.length &&
    one.alpn.every((name, i) => name === other.alpn[i])
  );
}
