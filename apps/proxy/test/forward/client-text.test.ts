/** What client text may become: every byte value at every position of each place where a client writes a name. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseBasicCredentials } from '../../src/forward/basic-credentials.ts';
import { parseCredentialText } from '../../src/forward/credential-text.ts';
import { beginForward } from '../../src/forward/forward-handshake.ts';
import { driveHandshake } from './drive-handshake.ts';
import { domainRequest, greeting } from './socks5-bytes.ts';

const canonical = /^connect (?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|[0-9.]+|\[[0-9a-f:.]+\]):[0-9]{1,5}$/;
const seeds = ['example.com', 'a-b.c_d.e', '192.0.2.7', '2001:db8::1'];

/** Calls with the text of each byte value put over, and put in before, each position. */
function forEachVariant(seed: string, visit: (variant: Buffer) => void): number {
  let variants = 0;
  const bytes = Buffer.from(seed, 'latin1');
  for (let at = 0; at <= bytes.length; at++) {
    for (let value = 0; value < 256; value++) {
      const inserted = Buffer.from([value]);
      visit(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + 1)]));
      visit(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]));
      variants += 2;
    }
  }
  return variants;
}

suite('names a client writes', () => {
  for (const seed of seeds) {
    test(`every byte value in the SOCKS domain ${seed} gives a canonical destination or a refusal`, () => {
      let connects = 0;
      const variants = forEachVariant(seed, (variant) => {
        const { end } = driveHandshake(beginForward('SOCKS5', true), [greeting(0), domainRequest(variant)]);
        if (end.startsWith('connect')) connects++;
        assert.match(end, end.startsWith('connect') ? canonical : /^refuse ProtocolError/);
      });
      assert.ok(connects > 0 && connects < variants / 2, `${connects} of ${variants}`);
    });

    test(`every byte value in the CONNECT target ${seed} gives a canonical destination or a refusal`, () => {
      const target = seed.includes(':') ? `[${seed}]:443` : `${seed}:443`;
      let connects = 0;
      const variants = forEachVariant(target, (variant) => {
        const head = Buffer.concat([Buffer.from('CONNECT '), variant, Buffer.from(' HTTP/1.1\r\n\r\n')]);
        const { end } = driveHandshake(beginForward('HTTP', true), [head]);
        if (end.startsWith('connect')) connects++;
        assert.match(end, end.startsWith('connect') ? canonical : /^refuse ProtocolError/);
      });
      assert.ok(connects > 0 && connects < variants / 2, `${connects} of ${variants}`);
    });
  }

  test('every byte value in a Basic user gives printable text or nothing', () => {
    let users = 0;
    forEachVariant('alice', (variant) => {
      const value = `Basic ${Buffer.concat([variant, Buffer.from(':secret')]).toString('base64')}`;
      const credentials = parseBasicCredentials(value);
      if (credentials === null) return;
      users++;
      assert.match(credentials.user, /^[^\p{Cc}:]+$/u);
      assert.ok(!credentials.user.includes('\ufffd'));
    });
    assert.ok(users > 0);
  });
});

suite('credential text', () => {
  const parse = (bytes: readonly number[]): string | null => parseCredentialText(Buffer.from(bytes), 0, bytes.length);

  test('UTF-8 is kept as it is, a byte order mark too', () => {
    assert.equal(parseCredentialText(Buffer.from('Zoë \u{1f511}'), 0, 9), 'Zoë \u{1f511}');
    assert.equal(parse([0xef, 0xbb, 0xbf, 0x61]), '\ufeffa');
    assert.equal(parse([0xc2, 0xa0]), '\u00a0');
    assert.equal(parse([]), '');
  });

  test('controls of both ranges and broken UTF-8 are no text', () => {
    for (let code = 0; code < 0x20; code++) assert.equal(parse([0x61, code]), null);
    assert.equal(parse([0x7f]), null);
    for (let code = 0x80; code < 0xa0; code++) assert.equal(parse([0xc2, code]), null);
    for (const bytes of [[0x80], [0xc2], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
      assert.equal(parse(bytes), null, String(bytes));
    }
  });

  test('only the range given is read', () => {
    assert.equal(parseCredentialText(Buffer.from([0xff, 0x61, 0x62, 0x80]), 1, 3), 'ab');
    assert.equal(parseCredentialText(Buffer.from([0xc2, 0x80]), 0, 1), null);
  });
});
