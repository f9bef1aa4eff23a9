import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ipAddressFromBytes,
  ipv4Address,
  ipv6Address,
  isIpv4Mapped,
  isSameIpAddress,
  unmappedIpAddress,
} from '../../src/routing/ip-address.ts';

describe('ip-address', () => {
  it('keeps words as signed 32-bit integers, so that equal addresses have equal words', () => {
    assert.deepEqual(ipv4Address(0xffffffff), ipv4Address(-1));
    assert.deepEqual(ipv6Address(0xfe800000, 0, 0, 0xffffffff), ipv6Address(0xfe800000 | 0, 0, 0, -1));
  });

  it('reads addresses in network order from the middle of a buffer', () => {
    const bytes = Uint8Array.from([9, 127, 0, 0, 1, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert.deepEqual(ipAddressFromBytes(bytes, 1, 4), ipv4Address(0x7f000001));
    assert.deepEqual(ipAddressFromBytes(bytes, 1, 6), ipv6Address(0x7f000001, 0xfe800000, 0, 2));
  });

  it('tells a mapped address from its neighbours and unwraps only it', () => {
    const mapped = ipv6Address(0, 0, 0xffff, 0x0a000001);
    assert.equal(isIpv4Mapped(mapped), true);
    assert.deepEqual(unmappedIpAddress(mapped), ipv4Address(0x0a000001));
    for (const other of [ipv4Address(0xffff), ipv6Address(0, 0, 0, 0x0a000001), ipv6Address(0, 1, 0xffff, 1)]) {
      assert.equal(unmappedIpAddress(other), other);
    }
  });

  it('compares family and all words', () => {
    assert.equal(isSameIpAddress(ipv6Address(1, 2, 3, 4), ipv6Address(1, 2, 3, 4)), true);
    assert.equal(isSameIpAddress(ipv6Address(1, 2, 3, 4), ipv6Address(1, 2, 3, 5)), false);
    assert.equal(isSameIpAddress(ipv4Address(1), ipv6Address(1, 0, 0, 0)), false);
  });
});
