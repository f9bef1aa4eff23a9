import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withEmbeddedAddresses } from '../../src/policy/embedded-addresses.ts';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

describe('withEmbeddedAddresses', () => {
  const cases = [
    ['192.0.2.1', ['192.0.2.1']],
    ['2a00::1', ['2a00::1']],
    ['::ffff:127.0.0.1', ['127.0.0.1']],
    ['::127.0.0.1', ['::7f00:1', '127.0.0.1']],
    ['::1', ['::1']],
    ['::', ['::']],
    ['64:ff9b::169.254.169.254', ['64:ff9b::a9fe:a9fe', '169.254.169.254']],
    ['2002:7f00:0001::5', ['2002:7f00:1::5', '127.0.0.1']],
    // RFC 4380 section 4: the example has server 65.54.227.120 and client 192.0.2.45.
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '65.54.227.120', '192.0.2.45']],
  ] as const;
  for (const [text, expected] of cases) {
    it(`finds ${expected.join(' and ')} in ${text}`, () => {
      const address = parseIpAddress(text);
      assert.ok(address);
      assert.deepEqual(withEmbeddedAddresses(address).map(formatIpAddress), expected);
    });
  }
});
