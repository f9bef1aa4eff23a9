import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  durationPattern,
  formatDuration,
  maxDurationMs,
  parseDuration,
  parsePositiveDuration,
} from '../src/duration.ts';

function invalidOf(text: string): string {
  const parsed = parseDuration(text);
  return parsed.kind === 'invalid' ? `${parsed.message} (${parsed.remedy})` : `valid: ${parsed.value}`;
}

test('reads the durations of GEP-2257 in milliseconds', () => {
  const expected: Readonly<Record<string, number>> = {
    '0s': 0,
    '500ms': 500,
    '3s': 3000,
    '1h30m': 5_400_000,
    '90s': 90_000,
    '1s1h': 3_601_000,
    '1m1m': 120_000,
    '00001s': 1000,
    '1h2m3s4ms': 3_723_004,
    '576h': 2_073_600_000,
  };
  for (const [text, valueMs] of Object.entries(expected))
    assert.deepEqual(parseDuration(text), { kind: 'valid', value: valueMs }, text);
});

test('refuses what the Gateway API refuses, and says what to write', () => {
  for (const text of [
    '',
    's',
    '1.5s',
    '-1s',
    '1d',
    '1 s',
    ' 1s',
    '1s ',
    '100000s',
    '1h1m1s1ms1h',
    '1us',
    '1S',
    'PT1S',
    '1s\n',
  ]) {
    assert.match(invalidOf(text), /^is not a duration \(write it as 500ms/, JSON.stringify(text));
  }
  assert.equal(invalidOf('30'), 'has no unit (write 30s for seconds or 30ms for milliseconds)');
  assert.equal(invalidOf('577h'), 'is longer than 576h (24 days) (shorten it)');
});

test('refuses 0s only where a duration must last', () => {
  assert.equal(parseDuration('0h0ms').kind, 'valid');
  const parsed = parsePositiveDuration('0ms');
  assert.equal(parsed.kind === 'invalid' && parsed.message, 'must be longer than 0s');
});

test('the longest duration fits a signed 32-bit number of milliseconds', () => {
  assert.ok(maxDurationMs < 2 ** 31);
});

test('whatever is formatted reads back as the same duration', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: maxDurationMs }), (durationMs) => {
      const text = formatDuration(durationMs);
      assert.match(text, new RegExp(durationPattern));
      assert.deepEqual(parseDuration(text), { kind: 'valid', value: durationMs });
    }),
  );
});
