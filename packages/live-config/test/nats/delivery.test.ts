import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDelivery } from '../../src/nats/delivery.ts';

const delivery = { streamSequence: 42, deliverySequence: 7, pending: 3 };

test('reads the short form', () => {
  assert.deepEqual(parseDelivery('$JS.ACK.KV_sluice-config.abc.1.42.7.1795752525399395918.3'), delivery);
});

test('reads the form with a domain and an account', () => {
  const reply = '$JS.ACK.hub.ACCHASH.KV_sluice-config.abc.1.42.7.1795752525399395918.3.random';
  assert.deepEqual(parseDelivery(reply), delivery);
});

for (const reply of ['', '$JS.FC.KV_x.abc', '$JS.ACK.KV_x.abc.1.a.7.1.3', '$JS.ACK.KV_x.abc.1.-1.7.1.3', '$JS.ACK.s']) {
  test(`takes ${JSON.stringify(reply)} for no delivery`, () => assert.equal(parseDelivery(reply), null));
}

test('never throws, and what it reads is whole', () => {
  const tokens = fc.array(fc.oneof(fc.string({ maxLength: 4 }), fc.nat().map(String)), { maxLength: 14 });
  fc.assert(
    fc.property(tokens, (parts) => {
      const parsed = parseDelivery(['$JS', 'ACK', ...parts].join('.'));
      if (parsed === null) return;
      assert.ok(Object.values(parsed).every((value) => Number.isSafeInteger(value) && value >= 0));
    }),
  );
});
