import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import type { Answer } from './api-client.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const opened = await openService({ after }, postgres, { bounds: { bodyTimeoutMs: 500 } });
const { client, service, log } = opened;

/** What a server answers to bytes that fetch would not send. */
async function answerTo(bytes: string): Promise<string> {
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('an address that is not there is 404, a method it has not 405 with those it has', async () => {
  for (const path of ['/', '/v1', '/v2/users', '/v1/users/a/b']) await client.expect(404, 'GET', path);
  const refused = await client.expect(405, 'DELETE', '/v1/users');
  assert.equal(refused.headers.get('allow'), 'GET, HEAD, POST');
  for (const method of ['OPTIONS', 'PURGE', 'POST']) {
    const answer = await client.expect(405, method, '/v1/users/x');
    assert.equal(answer.headers.get('allow'), 'DELETE, GET, HEAD, PATCH, PUT');
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  }
});

test('a body that is no JSON, no UTF-8, empty or missing is refused without being repeated', async () => {
  const headers = { 'content-type': 'application/json' };
  const secret = 'canary-in-a-broken-body';
  for (const body of [`{"password":"${secret}"`, Buffer.from([0x22, 0xff, 0x22]), '', 'null', '[]', '"text"']) {
    const refused = await client.expect(400, 'POST', '/v1/users', { body, headers });
    assert.ok(!refused.text.includes(secret));
  }
  await client.expect(400, 'POST', '/v1/users');
});

test('a media type other than JSON is refused, however it is dressed up', async () => {
  for (const type of [
    'text/plain',
    'application/jsonx',
    'application/json2',
    'application/json\tx',
    'multipart/form-data',
    'application/xml',
    'application/x-ndjson',
  ]) {
    const answer = await client.ask('POST', '/v1/users', { body: '{"name":1}', headers: { 'content-type': type } });
    assert.ok([400, 415].includes(answer.status), `${type}: ${answer.status}`);
  }
  await client.expect(400, 'POST', '/v1/users', {
    body: '{"name":1}',
    headers: { 'content-type': 'application/json ; charset=utf-8' },
  });
});

test('a key that would reach into the prototype is an unknown key', async () => {
  const body = '{"name":"proto","__proto__":{"enabled":false},"constructor":{}}';
  const refused = await client.expect(400, 'POST', '/v1/users', {
    body,
    headers: { 'content-type': 'application/json' },
  });
  assert.deepEqual(
    refused.body.errors?.map(({ pointer }) => pointer),
    ['/__proto__', '/constructor'],
  );
});

test('a body over a mebibyte is refused by its length, and while it arrives', async () => {
  const headers = { 'content-type': 'application/json' };
  await client.expect(413, 'POST', '/v1/users', { body: `{"name":"${'x'.repeat(1024 * 1024)}"}`, headers });
  const chunk = 'x'.repeat(65_536);
  const head = `POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.key}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
  const answer = await answerTo(`${head}${`10000\r\n${chunk}\r\n`.repeat(17)}`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test('a body that does not arrive in time is 408', async () => {
  const head = `POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  assert.match(await answerTo(head), /^HTTP\/1\.1 408 [\s\S]*urn:sluice:problem:request-timeout/);
});

test('bytes that are no HTTP, and headers that are too large, are answered with a problem', async () => {
  assert.match(await answerTo('HELLO\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*urn:sluice:problem:malformed-request/);
  const large = `GET /v1/users HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`;
  assert.match(await answerTo(large), /^HTTP\/1\.1 431 [\s\S]*urn:sluice:problem:headers-too-large/);
  await client.expect(400, 'GET', '/v1/users/%zz');
});

test('a problem names the request, as the log does, and holds no stack', async () => {
  const refused = await client.expect(404, 'GET', '/v1/users/nobody', { headers: { 'x-request-id': 'find-me' } });
  assert.equal(refused.headers.get('x-request-id'), 'find-me');
  assert.deepEqual(Object.keys(refused.body).toSorted(), ['detail', 'requestId', 'status', 'title', 'type']);
  assert.ok(log.lines.some((line) => line.includes('"find-me"') && line.includes('"status":404')));
  const forged = await client.expect(404, 'GET', '/v1/users/nobody', { headers: { 'x-request-id': 'a b"c' } });
  assert.notEqual(forged.headers.get('x-request-id'), 'a b"c');
});

test('too many requests of a key are refused until the minute is over, and others go on', async (t) => {
  const limited = await openService(t, postgres, {
    bounds: { requestsPerMinuteAndKey: 10, failuresPerMinuteAndAddress: 5 },
  });
  const other = await limited.client.post('/v1/api-keys', { client: 'other', scopes: ['read'] });
  const answers: Answer[] = [];
  for (let count = 0; count < 12; count += 1) answers.push(await limited.client.ask('GET', '/v1/users'));
  const refused = answers.find(({ status }) => status === 429);
  assert.equal(refused?.body.type, 'urn:sluice:problem:rate-limited');
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal(answers.at(0)?.headers.get('ratelimit-limit'), '10');
  assert.equal(answers.at(0)?.headers.get('ratelimit-remaining'), '8');
  await limited.client.withKey(other.body.key).expect(200, 'GET', '/v1/users');
  const failures: number[] = [];
  for (let count = 0; count < 8; count += 1)
    failures.push((await limited.client.ask('GET', '/v1/users', { key: 'wrong' })).status);
  assert.deepEqual(failures, [401, 401, 401, 401, 401, 429, 429, 429]);
  await limited.client.withKey(other.body.key).expect(200, 'GET', '/v1/users');
  const metrics = new PrometheusText(await (await fetch(`${limited.service.url}/metrics`)).text());
  assert.ok(metrics.sum('sluice_state_rate_limited_total', { limit: 'Key' }) >= 2);
  assert.equal(metrics.sum('sluice_state_rate_limited_total', { limit: 'FailedAuthentications' }), 3);
});

test('more requests at once than there may be are refused at once, and counted', async (t) => {
  const narrow = await openService(t, postgres, { bounds: { maxActiveRequests: 2 } });
  const statuses = await Promise.all(
    Array.from({ length: 24 }, async () => (await narrow.client.ask('GET', '/v1/users')).status),
  );
  assert.deepEqual(
    [...new Set(statuses)].toSorted((a, b) => a - b),
    [200, 503],
  );
  await narrow.client.expect(200, 'GET', '/v1/users');
  const metrics = new PrometheusText(await (await fetch(`${narrow.service.url}/metrics`)).text());
  assert.equal(metrics.sum('sluice_state_overload_refusals_total'), statuses.filter((status) => status === 503).length);
});

test('metrics count requests by route, method and status, and no label holds what a client chose', async () => {
  await client.expect(404, 'GET', '/v1/users/canary-name');
  await fetch(`${service.url}/v1/users`, { method: 'CANARY' }).catch(() => {});
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const metrics = new PrometheusText(text);
  assert.ok(metrics.sum('sluice_state_requests_total', { route: '/v1/users/:name', method: 'GET', status: '404' }) > 0);
  assert.ok(metrics.sum('sluice_state_database_connections', { state: 'maximum' }) > 0);
  assert.ok(!/canary/i.test(text));
});
