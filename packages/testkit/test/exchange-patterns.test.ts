import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBytePattern } from '../src/byte-pattern.ts';
import { exchangePatterns } from '../src/exchange-patterns.ts';
import { startHashingOrigin } from '../src/hashing-origin.ts';

test('both directions report the same hash at both ends, for lengths around a block', async (t) => {
  for (const length of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const origin = await startHashingOrigin(t, { sendBytes: length });
    const client = await exchangePatterns(t, origin, { sendBytes: length });
    const report = await origin.nextReport();
    assert.equal(client.received.bytes, length);
    assert.deepEqual(client.received, report.sent);
    assert.deepEqual(report.received, client.sent);
  }
});

test('a slow reader takes as long as its rate says', async (t) => {
  const origin = await startHashingOrigin(t, { sendBytes: 1_000_000 });
  const startedAt = performance.now();
  await exchangePatterns(t, origin, { sendBytes: 0, readBytesPerSecond: 2_000_000 });
  assert.ok(performance.now() - startedAt > 350);
});

test('blocks of a pattern differ from each other', () => {
  const [first, second] = createBytePattern('x', 131_072);
  assert.notDeepEqual(first, second);
});
