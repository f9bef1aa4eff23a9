import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type BodyFraming, bodyFraming } from '../../src/forward/http-body-framing.ts';

function framing(headers: readonly (readonly [string, string])[], minorVersion: 0 | 1 = 1): BodyFraming {
  const named = headers.map(([name, value]) => ({ name, value }));
  return bodyFraming({ method: 'POST', target: '/', minorVersion, headers: named });
}

suite('HTTP body framing', () => {
  test('a length is exact up to fifteen digits, and nothing means no body', () => {
    assert.deepEqual(framing([]), { kind: 'length', bytes: 0 });
    assert.deepEqual(framing([['content-length', '0']]), { kind: 'length', bytes: 0 });
    assert.deepEqual(framing([['content-length', '007']]), { kind: 'length', bytes: 7 });
    assert.deepEqual(framing([['content-length', '999999999999999']]), { kind: 'length', bytes: 999_999_999_999_999 });
  });

  test('chunked is chunked in any case', () => {
    assert.deepEqual(framing([['transfer-encoding', 'chunked']]), { kind: 'chunked' });
    assert.deepEqual(framing([['transfer-encoding', 'Chunked']]), { kind: 'chunked' });
  });

  test('a length that two parsers could read differently is invalid', () => {
    const values = [
      '',
      '-1',
      '+1',
      '0x10',
      '1_0',
      '1.0',
      '1e3',
      '1 2',
      '1, 1',
      '1,',
      '١',
      '1234567890123456',
      'a',
      '1a',
      ' 1\xa0',
    ];
    for (const value of values) assert.equal(framing([['content-length', value]]).kind, 'invalid', value);
  });

  test('two lengths are invalid, equal ones too', () => {
    for (const second of ['5', '6', '05']) {
      assert.equal(
        framing([
          ['content-length', '5'],
          ['content-length', second],
        ]).kind,
        'invalid',
      );
    }
  });

  test('an encoding other than one single chunked is invalid', () => {
    for (const value of [
      '',
      'identity',
      'gzip',
      'gzip, chunked',
      'chunked, chunked',
      'chunked;q=1',
      'xchunked',
      'chunked,',
      '\vchunked',
    ]) {
      assert.equal(framing([['transfer-encoding', value]]).kind, 'invalid', value);
    }
    assert.equal(
      framing([
        ['transfer-encoding', 'chunked'],
        ['transfer-encoding', 'chunked'],
      ]).kind,
      'invalid',
    );
  });

  test('a length beside an encoding, and an encoding in HTTP/1.0, are invalid', () => {
    assert.equal(
      framing([
        ['transfer-encoding', 'chunked'],
        ['content-length', '5'],
      ]).kind,
      'invalid',
    );
    assert.equal(
      framing([
        ['content-length', '0'],
        ['transfer-encoding', 'chunked'],
      ]).kind,
      'invalid',
    );
    assert.equal(framing([['transfer-encoding', 'chunked']], 0).kind, 'invalid');
  });
});
