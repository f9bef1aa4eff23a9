import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createAccessLog } from '../../src/access-log/access-log.ts';
import type { ConnectionRecord } from '../../src/session/connection-record.ts';
import { connectionRecordArbitrary } from './connection-record-arbitrary.ts';

const record: ConnectionRecord = {
  id: '0-1-7',
  listener: 'edge',
  client: '[2001:db8::1]:40001',
  protocol: 'TLS',
  sni: 'www.example.com',
  alpn: ['h2', 'http/1.1'],
  user: null,
  route: 'web',
  endpoint: 'tcp://10.0.0.7:443',
  upstream: '10.0.0.7:443',
  bytesUp: 517,
  bytesDown: 9_007_199_254_740_991,
  detectMs: 0.1234567,
  decideMs: 0,
  connectMs: 1.5,
  firstByteMs: null,
  durationMs: 1234.5678,
  closedBy: 'Client',
  reason: 'Finished',
};

function linesOf(records: readonly ConnectionRecord[]): string[] {
  const lines: string[] = [];
  const nowMs = (): number => Date.UTC(2026, 0, 2);
  createAccessLog(true, { sink: { write: (line: string) => lines.push(line) }, nowMs }).write(records);
  return lines;
}

test('writes exactly the fields of the design, in its order, times to three decimals', () => {
  assert.deepEqual(linesOf([record]), [
    '{"level":"info","time":"2026-01-02T00:00:00.000Z","msg":"connection","id":"0-1-7","listener":"edge",' +
      '"client":"[2001:db8::1]:40001","protocol":"TLS","sni":"www.example.com","alpn":["h2","http/1.1"],"user":null,' +
      '"route":"web","endpoint":"tcp://10.0.0.7:443","upstream":"10.0.0.7:443","bytesUp":517,' +
      '"bytesDown":9007199254740991,"detectMs":0.123,"decideMs":0,"connectMs":1.5,"firstByteMs":null,' +
      '"durationMs":1234.568,"closedBy":"Client","reason":"Finished"}',
  ]);
});

test('JSON.parse of a line gives the record back, on one line, in printable characters', () => {
  const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1_000) / 1_000);
  fc.assert(
    fc.property(fc.array(connectionRecordArbitrary, { maxLength: 3 }), (records) => {
      const lines = linesOf(records);
      assert.equal(lines.length, records.length);
      for (const [index, line] of lines.entries()) {
        const expected = records[index];
        assert.ok(expected !== undefined);
        assert.ok(!/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}\p{Cs}]/u.test(line), line);
        assert.deepEqual(JSON.parse(line), {
          level: 'info',
          time: '2026-01-02T00:00:00.000Z',
          msg: 'connection',
          ...expected,
          detectMs: rounded(expected.detectMs),
          decideMs: rounded(expected.decideMs),
          connectMs: rounded(expected.connectMs),
          firstByteMs: rounded(expected.firstByteMs),
          durationMs: rounded(expected.durationMs),
        });
      }
    }),
    { numRuns: 500 },
  );
});

test('shows only the first of thousands of ALPN names and of a user name of kilobytes', () => {
  const [line = ''] = linesOf([{ ...record, alpn: Array<string>(30_000).fill('h2'), user: 'u'.repeat(8_000) }]);
  const parsed = JSON.parse(line) as ConnectionRecord;
  assert.ok(line.length < 4_096, String(line.length));
  assert.equal(parsed.alpn.at(-1), '…');
  assert.equal(parsed.user, `${'u'.repeat(256)}…`);
});

test('writes nothing while switched off, and again when a reload switches it on', () => {
  const lines: string[] = [];
  const log = createAccessLog(false, { sink: { write: (line: string) => lines.push(line) }, nowMs: () => 0 });
  log.write([record]);
  log.setEnabled(true);
  log.write([record]);
  assert.equal(lines.length, 1);
});
