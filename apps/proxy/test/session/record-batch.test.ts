import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import { ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';
import type { ConnectionOutcome, ConnectionRecord } from '../../src/session/connection-record.ts';
import { type EndedConnection, type RecordBatch, RecordBatchWriter } from '../../src/session/record-batch.ts';
import { RecordBatchReader } from '../../src/session/record-batch-reader.ts';
import { endedConnectionArbitrary } from './ended-connection-arbitrary.ts';

const batches = fc.array(fc.array(endedConnectionArbitrary, { maxLength: 6 }), { maxLength: 4 });

function milliseconds(us: number): number | null {
  return us < 0 ? null : us / 1000;
}

function recordFor(ended: EndedConnection): ConnectionRecord {
  const { upstream, upstreamPort } = ended;
  return {
    id: `p-${ended.serial.toString(36)}`,
    listener: ended.listener,
    client: formatSocketAddress(ended.client, ended.clientPort),
    protocol: ended.protocol,
    sni: ended.sni,
    alpn: ended.alpn,
    user: ended.user,
    route: ended.route,
    endpoint: ended.endpoint,
    upstream: upstream === null ? null : formatSocketAddress(upstream, upstreamPort),
    bytesUp: ended.bytesUp,
    bytesDown: ended.bytesDown,
    detectMs: milliseconds(ended.detectUs),
    decideMs: milliseconds(ended.decideUs),
    connectMs: milliseconds(ended.connectUs),
    firstByteMs: milliseconds(ended.firstByteUs),
    durationMs: ended.durationUs / 1000,
    closedBy: ended.closedBy,
    reason: ended.reason,
  };
}

function outcomeFor(ended: EndedConnection): ConnectionOutcome {
  const { listener, reason, detectMs, decideMs, connectMs, firstByteMs, durationMs } = recordFor(ended);
  return { listener, reason, detectMs, decideMs, connectMs, firstByteMs, durationMs };
}

/** A batch as it arrives in the other isolate. */
function sent(writer: RecordBatchWriter, connections: readonly EndedConnection[]): RecordBatch {
  for (const ended of connections) writer.add(ended);
  assert.equal(writer.size, connections.length);
  return structuredClone(writer.take());
}

function outcomesOf(reader: RecordBatchReader, batch: RecordBatch): readonly ConnectionOutcome[] {
  const outcomes: ConnectionOutcome[] = [];
  reader.forEachOutcome(batch, (outcome) => void outcomes.push({ ...outcome }));
  return outcomes;
}

const connection: EndedConnection = {
  serial: 36,
  listener: 'edge',
  client: ipv6Address(0x20010db8, 0, 0, 1),
  clientPort: 65_535,
  protocol: 'TLS',
  sni: 'www.example.com',
  alpn: ['\u0000', '\u0001', '%41', '\u00ff', '\n'],
  user: 'alice',
  route: 'web',
  endpoint: 'tcp://web.internal:443',
  upstream: ipv4Address(-1),
  upstreamPort: 443,
  bytesUp: Number.MAX_SAFE_INTEGER,
  bytesDown: 1,
  detectUs: 1,
  decideUs: -1,
  connectUs: 0,
  firstByteUs: 2500,
  durationUs: 3_600_000_000,
  closedBy: 'Upstream',
  reason: 'UpstreamReset',
};

describe('record batches', () => {
  it('give back every field of every connection, over any number of batches', () => {
    fc.assert(
      fc.property(batches, (rounds) => {
        const writer = new RecordBatchWriter();
        const reader = new RecordBatchReader('p');
        for (const connections of rounds) {
          const batch = sent(writer, connections);
          reader.learn(batch);
          assert.deepEqual(reader.records(batch), connections.map(recordFor));
          assert.deepEqual(outcomesOf(reader, batch), connections.map(outcomeFor));
        }
      }),
    );
  });

  it('keep control characters in ALPN apart from their own marks', () => {
    const reader = new RecordBatchReader('p');
    const batch = sent(new RecordBatchWriter(), [connection, { ...connection, sni: null }, connection]);
    reader.learn(batch);
    const records = reader.records(batch);
    assert.deepEqual(
      records.map(({ alpn }) => alpn),
      [connection.alpn, connection.alpn, connection.alpn],
    );
    assert.deepEqual(
      records.map(({ sni }) => sni),
      ['www.example.com', null, 'www.example.com'],
    );
    for (const { id, client, upstream } of records) {
      assert.deepEqual([id, client, upstream], ['p-10', '[2001:db8::1]:65535', '255.255.255.255:443']);
    }
  });

  it('send a word of the configuration once', () => {
    const writer = new RecordBatchWriter();
    const first = sent(writer, [connection, connection]);
    assert.deepEqual(first.words, ['edge', 'alice', 'web', 'tcp://web.internal:443']);
    assert.deepEqual(sent(writer, [connection]).words, []);
    const reader = new RecordBatchReader('p');
    reader.learn(first);
    const later = sent(writer, [{ ...connection, route: 'other' }]);
    reader.learn(later);
    assert.deepEqual(later.words, ['other']);
    assert.deepEqual(reader.records(later), [recordFor({ ...connection, route: 'other' })]);
  });

  it('keep what metrics count, and no text, while nobody reads the access log', () => {
    fc.assert(
      fc.property(fc.array(endedConnectionArbitrary, { minLength: 1, maxLength: 6 }), (connections) => {
        const writer = new RecordBatchWriter();
        const reader = new RecordBatchReader('p');
        writer.setDetailed(false);
        const plain = sent(writer, connections);
        reader.learn(plain);
        assert.equal(plain.texts, '');
        assert.deepEqual(new Set(plain.words), new Set(connections.map(({ listener }) => listener)));
        assert.deepEqual(outcomesOf(reader, plain), connections.map(outcomeFor));
        writer.setDetailed(true);
        const detailed = sent(writer, connections);
        reader.learn(detailed);
        assert.deepEqual(reader.records(detailed), connections.map(recordFor));
      }),
    );
  });

  it('grow with what one batch must hold, and keep no reference to a connection', () => {
    const writer = new RecordBatchWriter();
    const reader = new RecordBatchReader('p');
    const reused = { ...connection };
    const expected: string[] = [];
    for (let serial = 1; serial <= 1000; serial++) {
      reused.serial = serial;
      reused.sni = `host-${serial}.example.com`;
      writer.add(reused);
      expected.push(`p-${serial.toString(36)} host-${serial}.example.com`);
    }
    const batch = writer.take();
    reader.learn(batch);
    assert.deepEqual(
      reader.records(batch).map(({ id, sni }) => `${id} ${sni}`),
      expected,
    );
    assert.equal(writer.size, 0);
    assert.equal(writer.take().numbers.length, 0);
  });
});
