import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { parseAddress } from '@sluice/testkit/address.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { within } from '@sluice/testkit/within.ts';
import { AdminBindError } from '../../src/admin/admin-bind-error.ts';
import { httpGet } from './http-get.ts';
import { bindOf, openAdmin, type OpenAdmin } from './open-admin.ts';

async function openBound(t: TestContext): Promise<OpenAdmin & { readonly address: string }> {
  const admin = openAdmin(t);
  await admin.server.rebind(bindOf('127.0.0.1', 0));
  const address = admin.server.address();
  assert.ok(address !== null);
  return { ...admin, address };
}

async function openClient(t: TestContext, address: string): Promise<Socket> {
  const { host, port } = parseAddress(address);
  const socket = connect(port, host);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('answers health, readiness and metrics as probes and scrapers expect', async (t) => {
  const { address, state } = await openBound(t);
  const healthz = await httpGet(address, '/healthz');
  assert.equal(healthz.status, 200);
  assert.equal((await httpGet(address, '/readyz')).status, 200);
  for (const reason of ['Starting', 'Draining'] as const) {
    state.readiness = { isReady: false, reason };
    const readyz = await httpGet(address, '/readyz?verbose');
    assert.equal(readyz.status, 503);
    assert.deepEqual(JSON.parse(readyz.text), { ready: false, reason });
    assert.equal((await httpGet(address, '/healthz')).status, 200);
  }
  const metrics = await httpGet(address, '/metrics');
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(metrics.text, 'up 1\n');
});

test('shows status, listeners and the configuration without credentials', async (t) => {
  const { address, state } = await openBound(t);
  const status = await httpGet(address, '/v1/status');
  assert.equal(status.headers['content-type'], 'application/json');
  assert.equal((JSON.parse(status.text) as { digest: string }).digest, 'abc');
  const listeners = JSON.parse((await httpGet(address, '/v1/listeners')).text) as { items: { name: string }[] };
  assert.deepEqual(
    listeners.items.map((listener) => listener.name),
    ['edge'],
  );
  const config = await httpGet(address, '/v1/config');
  assert.ok(config.text.includes('"name":"alice","credentials":[{"verifier":"[redacted]"'));
  assert.ok(!config.text.includes('aGFzaA'));
  state.config = null;
  assert.equal((await httpGet(address, '/v1/config')).status, 503);
});

test('shows routes in pages that lead to one another', async (t) => {
  const { address } = await openBound(t);
  const names: string[] = [];
  for (let path: string | null = '/v1/routes'; path !== null; ) {
    const page = JSON.parse((await httpGet(address, path)).text) as {
      total: number;
      next: string | null;
      items: { name: string }[];
    };
    assert.equal(page.total, 2_500);
    names.push(...page.items.map((route) => route.name));
    path = page.next;
  }
  assert.equal(new Set(names).size, 2_500);
  for (const query of ['limit=0', 'limit=10001', 'limit=x', 'offset=-1', 'offset=1.5']) {
    const answer = await httpGet(address, `/v1/routes?${query}`);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /must be a number from/u);
  }
});

test('answers HEAD like GET without a body, and names every path at /v1/', async (t) => {
  const { address } = await openBound(t);
  const { paths } = JSON.parse((await httpGet(address, '/v1/')).text) as { paths: string[] };
  assert.ok(paths.length >= 7);
  for (const path of paths) {
    const get = await httpGet(address, path);
    const head = await httpGet(address, path, { method: 'HEAD' });
    assert.equal(get.status, 200, path);
    assert.equal(head.status, 200, path);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-length'], get.headers['content-length']);
  }
});

test('refuses unknown paths with 404 and other methods with 405 and Allow, as problem documents', async (t) => {
  const { address } = await openBound(t);
  for (const path of ['/', '/v2/', '/v1/status/', '/v1/users', '/../metrics/x', '/%2e%2e']) {
    const answer = await httpGet(address, path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal((JSON.parse(answer.text) as { status: number }).status, 404);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
    const answer = await httpGet(address, '/v1/config', { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers['allow'], 'GET, HEAD');
  }
});

test('on loopback answers only an address or localhost as Host, so that no web page can read it', async (t) => {
  const { address } = await openBound(t);
  for (const host of ['localhost', 'LOCALHOST:9900', '127.0.0.1:1', '[::1]:9900', '10.1.2.3', 'a.localhost']) {
    assert.equal((await httpGet(address, '/v1/config', { headers: { host } })).status, 200, host);
  }
  for (const host of ['evil.example', 'evil.example:9900', 'localhost.evil.example', '127.0.0.1.evil.example', '[x]']) {
    assert.equal((await httpGet(address, '/v1/config', { headers: { host } })).status, 421, host);
  }
});

test('a source that fails is a 500 without details, reported to the log', async (t) => {
  const { address, state, errors } = await openBound(t);
  state.metrics = () => Promise.reject(new Error('secret detail'));
  const answer = await httpGet(address, '/metrics');
  assert.equal(answer.status, 500);
  assert.ok(!answer.text.includes('secret detail') && !answer.text.includes(' at '));
  assert.equal(errors.length, 1);
});

test('refuses heads beyond 8 KiB and garbage without a stack trace, and goes on', async (t) => {
  const { address } = await openBound(t);
  for (const [request, status] of [
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`, 431],
    ['\u0016\u0003\u0001 nonsense\r\n\r\n', 400],
  ] as const) {
    const socket = await openClient(t, address);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.write(request);
    await within(2_000, 'the answer to a bad request', once(socket, 'close'));
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `, 'u'));
    assert.ok(!text.includes(' at '), text);
  }
  assert.equal((await httpGet(address, '/healthz')).status, 200);
});

test('refuses the connection beyond its maximum and counts it, and answers again when one has gone', async (t) => {
  const { address, server } = await openBound(t);
  const sockets: Socket[] = [];
  for (let count = 0; count < 64; count += 1) sockets.push(await openClient(t, address));
  await eventually(async () => {
    await assert.rejects(httpGet(address, '/healthz'));
  });
  assert.ok(server.refusedConnections() >= 1);
  for (const socket of sockets) socket.destroy();
  await eventually(async () => assert.equal((await httpGet(address, '/healthz')).status, 200));
});

test('moves to another address while it answers, and keeps its socket when the address is the same', async (t) => {
  const { address, server } = await openBound(t);
  await server.rebind(bindOf('127.0.0.1', 0));
  assert.equal(server.address(), address, 'the same text must keep the port');
  await server.rebind(bindOf('127.0.0.2', 0));
  const moved = server.address() ?? '';
  assert.match(moved, /^127\.0\.0\.2:\d+$/u);
  assert.equal((await httpGet(moved, '/healthz')).status, 200);
  await eventually(() => assert.rejects(httpGet(address, '/healthz'), { code: 'ECONNREFUSED' }));
});

test('an aborted move leaves the old address answering and the new one free', async (t) => {
  const { address, server } = await openBound(t);
  const prepared = await server.prepare(bindOf('127.0.0.2', 0));
  assert.equal((await httpGet(prepared.address ?? '', '/healthz')).status, 200);
  await prepared.abort();
  assert.equal(server.address(), address);
  assert.equal((await httpGet(address, '/healthz')).status, 200);
  await assert.rejects(httpGet(prepared.address ?? '', '/healthz'), { code: 'ECONNREFUSED' });
});

test('moves between an address and the wildcard of its own port, and back when the move is aborted', async (t) => {
  const { address, server } = await openBound(t);
  const { port } = parseAddress(address);
  await server.rebind(bindOf('127.0.0.1', port));
  const prepared = await server.prepare(bindOf('0.0.0.0', port));
  assert.equal(server.address(), `0.0.0.0:${port}`);
  assert.equal((await httpGet(`127.0.0.2:${port}`, '/healthz')).status, 200);
  await prepared.abort();
  assert.equal(server.address(), `127.0.0.1:${port}`);
  assert.equal((await httpGet(address, '/healthz')).status, 200);
});

test('a taken port is an error that names it, and the old address goes on', async (t) => {
  const { address, server } = await openBound(t);
  const taken = await openServer(t, createServer());
  await assert.rejects(server.rebind(bindOf('127.0.0.1', taken.port)), (error) => {
    assert.ok(error instanceof AdminBindError);
    assert.equal(error.code, 'ADMIN_BIND_FAILED');
    assert.match(error.message, new RegExp(`cannot bind the admin listener to 127.0.0.1:${taken.port}: .*in use`, 'u'));
    return true;
  });
  assert.equal((await httpGet(address, '/healthz')).status, 200);
});

test('is switched off and on by a reload', async (t) => {
  const { address, server } = await openBound(t);
  await server.rebind(null);
  assert.equal(server.address(), null);
  await eventually(() => assert.rejects(httpGet(address, '/healthz'), { code: 'ECONNREFUSED' }));
  await server.rebind(bindOf('127.0.0.1', 0));
  assert.equal((await httpGet(server.address() ?? '', '/healthz')).status, 200);
});

test('closes within its grace although a client holds a connection open', async (t) => {
  const { address, server } = await openBound(t);
  const socket = await openClient(t, address);
  socket.write('GET /healthz HTTP/1.1\r\n');
  await within(1_000, 'closing', server.close(50));
  await assert.rejects(httpGet(address, '/healthz'), { code: 'ECONNREFUSED' });
});
