import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { entryHash } from '../../src/digest/entry-hash.ts';
import { SetDigest } from '../../src/digest/set-digest.ts';

const modulus = 1n << 256n;
const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 20 });

function sumOf(parts: readonly Uint8Array[]): string {
  const sum = parts.reduce((total, part) => total + BigInt(`0x${Buffer.from(part).toString('hex')}`), 0n);
  return (sum % modulus).toString(16).padStart(64, '0');
}

function digestOf(parts: readonly Uint8Array[]): SetDigest {
  const digest = new SetDigest();
  for (const part of parts) digest.add(part);
  return digest;
}

describe('the digest of a set', () => {
  it('is the sum of the hashes modulo 2^256', () => {
    fc.assert(fc.property(hashes, (parts) => assert.equal(digestOf(parts).hex(), sumOf(parts))));
  });

  it('is the same in any order', () => {
    fc.assert(fc.property(hashes, (parts) => assert.equal(digestOf(parts.toReversed()).hex(), digestOf(parts).hex())));
  });

  it('is what it was when all that was added has been removed', () => {
    fc.assert(
      fc.property(hashes, hashes, (first, second) => {
        const digest = digestOf(first);
        for (const part of second) digest.add(part);
        for (const part of second.toReversed()) digest.remove(part);
        assert.equal(digest.hex(), digestOf(first).hex());
      }),
    );
  });

  it('carries through all of its words, up and down', () => {
    const ones = new Uint8Array(32).fill(0xff);
    const one = new Uint8Array(32);
    one[31] = 1;
    const digest = digestOf([ones, one]);
    assert.equal(digest.hex(), '0'.repeat(64));
    digest.remove(one);
    assert.equal(digest.hex(), 'f'.repeat(64));
  });

  it('reads a hash at its place in a column, and is not changed by a copy of it', () => {
    const column = new Uint8Array(96).fill(7, 32, 64);
    const digest = new SetDigest();
    digest.add(column, 32);
    const copy = digest.copy();
    copy.add(column, 32);
    assert.equal(digest.hex(), '07'.repeat(32));
    assert.equal(copy.hex(), '0e'.repeat(32));
  });

  it('counts key, generation and spec of an entry', () => {
    const base = Buffer.from(entryHash('users.a', 1, '{}')).toString('hex');
    assert.equal(base, '1d28149def960abbb17f80a29535394272f896154dcfa3a72e5673611325c9ae');
    for (const other of [
      entryHash('users.b', 1, '{}'),
      entryHash('users.a', 2, '{}'),
      entryHash('users.a', 1, '{"a":1}'),
    ]) {
      assert.notEqual(Buffer.from(other).toString('hex'), base);
    }
  });

  it('takes a million entries in seconds', () => {
    const digest = new SetDigest();
    const beganMs = performance.now();
    for (let index = 0; index < 1_000_000; index += 1) digest.add(entryHash(`users.u${index}`, index + 1, '{"a":1}'));
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
    assert.match(digest.hex(), /^[0-9a-f]{64}$/);
  });
});
