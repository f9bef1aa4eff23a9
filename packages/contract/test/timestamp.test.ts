import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseTimestamp } from '../src/timestamp.ts';
import { saidOf } from './said-of.ts';

test('reads moments with fractions and offsets', () => {
  const expected: Readonly<Record<string, string>> = {
    '2027-01-31T12:00:00Z': '2027-01-31T12:00:00.000Z',
    '2027-01-31T12:00:00.123456789Z': '2027-01-31T12:00:00.123Z',
    '2027-01-31T12:00:00+02:00': '2027-01-31T10:00:00.000Z',
    '2028-02-29T23:59:59-00:30': '2028-03-01T00:29:59.000Z',
  };
  for (const [text, iso] of Object.entries(expected))
    assert.deepEqual(parseTimestamp(text), { kind: 'valid', value: Date.parse(iso) }, text);
});

test('refuses what is no moment', () => {
  for (const text of ['2027-02-29T00:00:00Z', '2027-04-31T00:00:00Z', '2027-13-01T00:00:00Z', '2027-01-01T24:00:00Z'])
    assert.match(saidOf(parseTimestamp(text)), /^is no moment of the calendar/, text);
  for (const text of ['2027-01-31', '2027-01-31 12:00:00Z', '2027-01-31T12:00:00', '1801396800', 'tomorrow', ''])
    assert.match(saidOf(parseTimestamp(text)), /^is not an RFC 3339 time/, text);
});

test('reads back every moment a clock can write', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      assert.deepEqual(parseTimestamp(date.toISOString()), { kind: 'valid', value: date.getTime() });
    }),
  );
});
