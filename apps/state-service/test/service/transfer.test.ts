import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client, service } = await openService({ after }, postgres, { bounds: { maxImportBytes: 4 * 1024 * 1024 } });
const bcrypt = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
const ndjson = { 'content-type': 'application/x-ndjson' };

type Line = Readonly<Record<string, unknown>>;

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

async function importLines(lines: readonly (Line | string)[], query = ''): Promise<Line[]> {
  const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const answer = await client.expect(200, 'POST', `/v1/import${query}`, { body, headers: ndjson });
  return linesOf(answer.text);
}

test('what was exported is imported into an empty service as the same', async () => {
  const lines: Line[] = [
    { kind: 'Group', group: { name: 'team', description: 'all of them', quota: { connections: 9 } } },
  ];
  for (let index = 0; index < 700; index += 1) {
    const user = {
      name: `user-${index}`,
      groups: index % 3 === 0 ? ['team'] : [],
      enabled: index % 5 !== 0,
      destinations: 'Rules',
    };
    lines.push({ kind: 'User', user, credentials: [{ bcrypt }] });
    if (index % 100 === 0)
      lines.push({ kind: 'AclRule', rule: { user: user.name, domains: ['*.example.com'], ports: [443] } });
  }
  lines.push({ kind: 'AclRule', rule: { group: 'team', cidrs: ['10.0.0.0/8'] } });
  const results = await importLines(lines);
  assert.deepEqual(results.at(-1), {
    kind: 'Summary',
    created: lines.length,
    replaced: 0,
    failed: 0,
    isComplete: true,
  });
  assert.deepEqual(
    results.slice(0, -1).map(({ line }) => line),
    lines.map((_, index) => index + 1),
  );

  const exported = await client.expect(200, 'GET', '/v1/export');
  assert.ok(exported.text.endsWith('{"kind":"End"}\n') && !exported.text.includes('$2a$'));
  const other = await openService({ after }, postgres);
  const answer = await other.client.expect(200, 'POST', '/v1/import', { body: exported.text, headers: ndjson });
  assert.equal(linesOf(answer.text).at(-1)?.['failed'], 0);
  assert.equal((await other.client.expect(200, 'GET', '/v1/export')).text, exported.text);
  const again = await other.client.expect(200, 'POST', '/v1/import?onConflict=Replace', {
    body: exported.text,
    headers: ndjson,
  });
  assert.deepEqual(linesOf(again.text).at(-1), {
    kind: 'Summary',
    created: 0,
    replaced: lines.length,
    failed: 0,
    isComplete: true,
  });
  assert.equal((await other.client.expect(200, 'GET', '/v1/export')).text, exported.text);
});

test('a line that is not right fails alone, with its number and fields', async () => {
  const results = await importLines([
    { kind: 'User', user: { name: 'good-1' } },
    'not json',
    { kind: 'User', user: { name: 'bad', enable: true } },
    { kind: 'User', user: { name: 'lonely', groups: ['nowhere'] } },
    { kind: 'User', user: { name: 'good-1' } },
    { kind: 'User', user: { name: 'good-2' }, credentials: [{ bcrypt: 'plain' }] },
    { kind: 'User', user: { name: 'good-3' } },
  ]);
  const summary = results.at(-1);
  assert.deepEqual(summary, { kind: 'Summary', created: 2, replaced: 0, failed: 5, isComplete: true });
  const byLine = new Map(results.map((result) => [result['line'], result]));
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map((line) => byLine.get(line)?.['kind']),
    ['Created', 'Failed', 'Failed', 'Failed', 'Failed', 'Failed', 'Created'],
  );
  assert.match(JSON.stringify(byLine.get(3)), /\/user\/enable.*did you mean enabled/);
  assert.ok(!JSON.stringify(results).includes('plain'));
});

test('an import of another media type, or that is too large, is refused', async () => {
  await client.expect(415, 'POST', '/v1/import', { body: {} });
  await client.expect(415, 'POST', '/v1/import', { body: '{}', headers: { 'content-type': 'application/x-ndjson-2' } });
  await client.expect(413, 'POST', '/v1/import', { body: 'x'.repeat(5 * 1024 * 1024), headers: ndjson });
  await client.expect(400, 'POST', '/v1/import?onConflict=Ignore', { body: '{}', headers: ndjson });
});

test('a body of unknown length that grows too large ends the import and says so', async () => {
  const line = Buffer.from(
    `${JSON.stringify({ kind: 'Group', group: { name: 'long', description: 'x'.repeat(900) } })}\n`,
  );
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(line);
    },
  });
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    body: stream,
    duplex: 'half',
    headers: { ...ndjson, authorization: `Bearer ${client.key}` },
  };
  const response = await fetch(`${service.url}/v1/import?onConflict=Replace`, init);
  const reader = response.body?.getReader();
  let text = '';
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    text = (text + Buffer.from(part.value).toString()).slice(-500);
  }
  assert.match(text, /"kind":"Summary".*"isComplete":false,"detail":"the body is larger than 4194304 bytes/);
});

test('a thousand lines that are not right end an import', async () => {
  const results = await importLines(Array.from({ length: 1500 }, () => 'x'));
  assert.equal(results.length, 1001);
  assert.equal(results.at(-1)?.['isComplete'], false);
});

test('an import whose client goes away in the middle keeps what was stored and frees its place', async () => {
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(
    `POST /v1/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.key}\r\ncontent-type: application/x-ndjson\r\n` +
      'content-length: 1000000\r\n\r\n',
  );
  for (let index = 0; index < 600; index += 1) {
    socket.write(`${JSON.stringify({ kind: 'Group', group: { name: `gone-${index}` } })}\n`);
  }
  await eventually(() => client.expect(200, 'GET', '/v1/groups/gone-0'), { timeoutMs: 10_000 });
  socket.destroy();
  await eventually(async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    assert.match(metrics, /^sluice_state_requests_active 0$/m);
  });
});

test('an export that nobody reads holds no more than a few batches and ends with its client', async () => {
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.pause();
  socket.write(`GET /v1/export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.key}\r\n\r\n`);
  await eventually(async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    assert.match(metrics, /^sluice_state_request_seconds_count\{.*export/m);
  });
  socket.destroy();
  await client.expect(200, 'GET', '/v1/export');
});
