import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { readEngineAddress, writeEngineAddress } from '../../src/routing/engine-address.ts';
import { ipAddressFromBytes, unmappedIpAddress } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

describe('engine-address', () => {
  it('lays an IPv4 address out as network order bytes and clears the rest', () => {
    const address = parseIpAddress('10.1.2.200');
    assert.ok(address);
    const words = new Uint32Array(6).fill(0xffffffff);
    writeEngineAddress(words, 1, address);
    assert.deepEqual([...words], [0xffffffff, (10 | (1 << 8) | (2 << 16) | (200 << 24)) >>> 0, 0, 0, 0, 0xffffffff]);
    assert.deepEqual([...new Uint8Array(words.buffer, 4, 4)], [10, 1, 2, 200]);
  });

  it('gives a client of a dual-stack socket as the IPv4 address it is', () => {
    const words = new Uint32Array(4);
    new Uint8Array(words.buffer).set([0xff, 0xff, 192, 0, 2, 7], 10);
    assert.deepEqual(readEngineAddress(words, 0, 6), parseIpAddress('192.0.2.7'));
  });

  it('reads back what it wrote, and its memory is the address in network order', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.constantFrom(4 as const, 6 as const),
        (bytes, family) => {
          const address = ipAddressFromBytes(bytes, 0, family);
          const words = new Uint32Array(4);
          writeEngineAddress(words, 0, address);
          const length = family === 4 ? 4 : 16;
          assert.deepEqual(new Uint8Array(words.buffer, 0, length), bytes.slice(0, length));
          assert.deepEqual(readEngineAddress(words, 0, family), unmappedIpAddress(address));
        },
      ),
    );
  });
});
