import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatNatsAddress, parseNatsAddress } from '../../src/nats/nats-address.ts';

const accepted: readonly (readonly [string, string])[] = [
  ['nats://nats.example.com:4333', 'nats://nats.example.com:4333'],
  ['nats://nats', 'nats://nats:4222'],
  ['tls://nats.example.com', 'tls://nats.example.com:4222'],
  ['127.0.0.1:14222', 'nats://127.0.0.1:14222'],
  ['nats://[::1]:4222', 'nats://[::1]:4222'],
  ['nats://nats:4222/', 'nats://nats:4222'],
];
const refused: readonly (readonly [string, RegExp])[] = [
  ['', /not a host/],
  ['ws://nats:4222', /neither with nats/],
  ['nats://nats:99999', /not a host/],
  ['nats://nats:0', /port 0/],
  ['nats://nats/path', /nothing may follow/],
  ['nats://nats?x=1', /nothing may follow/],
  ['nats://ada:secret@nats', /user or password/],
  ['nats://' + 'a'.repeat(600), /longer/],
];

for (const [text, shown] of accepted) {
  test(`reads ${text}`, () => {
    const parsed = parseNatsAddress(text);
    assert.ok(parsed.ok);
    assert.equal(formatNatsAddress(parsed.value), shown);
  });
}

for (const [text, reason] of refused) {
  test(`refuses ${text.slice(0, 40)}`, () => {
    const parsed = parseNatsAddress(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.reason, reason);
  });
}

test('does not show the password of an address it refuses', () => {
  const parsed = parseNatsAddress('nats://ada:secret@nats:4222');
  assert.ok(!parsed.ok);
  assert.ok(!parsed.shown.includes('secret'), parsed.shown);
});

test('reads what it formats, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const parsed = parseNatsAddress(text);
      if (!parsed.ok) return;
      const again = parseNatsAddress(formatNatsAddress(parsed.value));
      assert.deepEqual(again, parsed);
    }),
  );
});
