import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, it } from 'node:test';
import { isIPv4 } from 'node:net';
import { ownAddresses } from '../../src/isolate/own-addresses.ts';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import { configOf } from '../config/parse-text.ts';

function face(address: string): NetworkInterfaceInfo {
  const shared = { netmask: '', mac: '', internal: false, cidr: null, address };
  return isIPv4(address) ? { ...shared, family: 'IPv4' } : { ...shared, family: 'IPv6', scopeid: 2 };
}

const machine = {
  lo: [face('127.0.0.1'), face('::1')],
  eth0: [face('192.0.2.7'), face('2001:db8::7'), face('fe80::1%eth0')],
  gone: undefined,
};

function ownOf(binds: readonly string[], admin: string): readonly string[] {
  const text = `admin: ${admin}\nlisteners: [{ name: edge, bind: ${JSON.stringify(binds)} }]`;
  return ownAddresses(configOf(text), machine).map(formatIpAddress);
}

describe("the proxy's own addresses", () => {
  it("are those of its listeners and the admin's, each once", () => {
    assert.deepEqual(ownOf(['192.0.2.7:443', '192.0.2.7:80'], '{ bind: "127.0.0.1:9900" }'), [
      '192.0.2.7',
      '127.0.0.1',
    ]);
    assert.deepEqual(ownOf(['127.0.0.1:443'], '{ bind: "127.0.0.1:9900" }'), ['127.0.0.1']);
  });

  it('leave the admin out where there is none', () => {
    assert.deepEqual(ownOf(['192.0.2.7:443'], '{ enabled: false }'), ['192.0.2.7']);
  });

  it("are every address of the machine and the wildcard's family, a zone left out", () => {
    const admin = '{ enabled: false }';
    assert.deepEqual(ownOf(['0.0.0.0:443'], admin), ['127.0.0.1', '192.0.2.7']);
    assert.deepEqual(ownOf(['[::]:443'], admin), ['::1', '2001:db8::7', 'fe80::1']);
    assert.deepEqual(
      new Set(ownOf(['[::]:443', '0.0.0.0:443'], admin)),
      new Set(['127.0.0.1', '192.0.2.7', '::1', '2001:db8::7', 'fe80::1']),
    );
  });

  it("are of both families where the admin's wildcard takes both", () => {
    assert.deepEqual(
      new Set(ownOf(['192.0.2.7:443'], '{ bind: "[::]:9900" }')),
      new Set(['127.0.0.1', '192.0.2.7', '::1', '2001:db8::7', 'fe80::1']),
    );
  });
});
