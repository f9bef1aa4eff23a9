import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeSecret, formatKey, keyTextLength, parseKey } from '../src/api-key-text.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const idText = fc.string({ unit: fc.constantFrom(...digits.split('')), minLength: 16, maxLength: 16 });
const keyText = fc.tuple(idText, secretBytes).map(([id, bytes]) => formatKey({ id, secret: encodeSecret(bytes) }));

test('reads back every key it writes', () => {
  fc.assert(
    fc.property(idText, secretBytes, (id, bytes) => {
      const parts = { id, secret: encodeSecret(bytes) };
      const text = formatKey(parts);
      assert.equal(text.length, keyTextLength);
      assert.deepEqual(parseKey(text), { kind: 'Key', parts });
    }),
  );
});

test('gives different secrets different texts', () => {
  fc.assert(
    fc.property(secretBytes, secretBytes, (a, b) => {
      assert.equal(encodeSecret(a) === encodeSecret(b), Buffer.compare(a, b) === 0);
    }),
  );
});

test('refuses every key in which one character is another', () => {
  fc.assert(
    fc.property(keyText, fc.nat(), fc.constantFrom(...digits.split(''), '_', '-', ' '), (text, place, character) => {
      const at = place % text.length;
      fc.pre(text[at] !== character);
      const mistyped = text.slice(0, at) + character + text.slice(at + 1);
      assert.notEqual(parseKey(mistyped).kind, 'Key', mistyped);
    }),
  );
});

test('refuses two neighbouring characters that changed places, and a key that was cut off', () => {
  fc.assert(
    fc.property(keyText, fc.nat(), (text, place) => {
      const at = place % (text.length - 1);
      const swapped = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
      fc.pre(swapped !== text);
      assert.notEqual(parseKey(swapped).kind, 'Key');
      assert.equal(parseKey(text.slice(0, at)).kind, 'Malformed');
    }),
  );
});

test('never throws, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.string().map((tail) => `slc_${tail}`),
      ),
      (text) => {
        assert.equal(parseKey(text).kind, 'Malformed');
      },
    ),
  );
});

test('names the key whose checksum is wrong', () => {
  const text = formatKey({ id: 'abcdefgh12345678', secret: encodeSecret(Buffer.alloc(32, 7)) });
  const wrong = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  assert.deepEqual(parseKey(wrong), { kind: 'WrongChecksum', id: 'abcdefgh12345678' });
});

test('stays the same over versions', () => {
  const text = formatKey({
    id: '0123456789abcdef',
    secret: encodeSecret(Buffer.from('00112233445566778899aabbccddeeff'.repeat(2), 'hex')),
  });
  assert.equal(text, 'slc_0123456789abcdef_00z0R12GKAHXwQ4KLnSREmn0LsM4X7ML0jtgwuhj1Xr_3uI3g4');
});
