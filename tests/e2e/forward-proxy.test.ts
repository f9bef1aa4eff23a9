/**
 * The forward proxy on the wire: who may go where, and every refusal in the client's own protocol.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type Address, formatAddress } from '@sluice/testkit/address.ts';
import { openBlackHole } from '@sluice/testkit/black-hole-address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { connectTcp, type TcpClient } from '@sluice/testkit/tcp-client.ts';
import { eventually } from '@sluice/testkit/eventually.ts';

const password = 'a secret, with: signs';

async function startForward(t: TestContext) {
  const origin = await startNamedOrigin(t, 'origin');
  const secret = `password: { scrypt: "${createScryptVerifier(password)}" }`;
  const config = buildConfig({
    listener: 'detect: { timeout: 2s }, timeouts: { connect: 500ms, connectTotal: 1s }',
    routes: [
      'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
      'name: connect, match: { protocol: HTTP }, action: ForwardProxy',
    ],
    users: [
      `name: local, ${secret}, allow: [{ cidrs: [127.0.0.0/8] }]`,
      `name: public, ${secret}`,
      `name: nowhere, ${secret}, allow: []`,
      `name: by-name, ${secret}, allow: [{ domains: [localhost] }]`,
      `name: by-both, ${secret}, allow: [{ domains: [localhost], cidrs: [127.0.0.1/32], ports: [${origin.port}] }]`,
      `name: by-port, ${secret}, allow: [{ cidrs: [127.0.0.0/8], ports: [1] }, { cidrs: [127.0.0.1/32], ports: [${origin.port}] }]`,
    ],
  });
  const sluice = await startSluice(t, { config });
  return { origin, sluice, edge: sluice.address('edge') };
}

interface Reached {
  readonly host: string;
  readonly port: number;
}

/** Logs in and asks; resolves with the reply code. */
async function askSocks(client: TcpClient, user: string, to: Reached): Promise<number | undefined> {
  client.send(buildSocks5Greeting([2]));
  assert.deepEqual([...(await client.receive(2))], [5, 2]);
  client.send(buildSocks5Login(user, password));
  assert.deepEqual([...(await client.receive(2))], [1, 0]);
  client.send(buildSocks5Connect(to.host, to.port));
  const reply = await client.receive(10);
  assert.deepEqual([reply[0], reply[2]], [5, 0]);
  return reply[1];
}

function connectRequest(user: string, to: Reached, secret = password): string {
  const authority = formatAddress(to);
  const token = Buffer.from(`${user}:${secret}`).toString('base64');
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${token}\r\n\r\n`;
}

/** Asks by CONNECT; resolves with the status. */
async function askHttp(client: TcpClient, request: string): Promise<number> {
  client.send(request);
  const head = await client.receiveThrough('\r\n\r\n');
  return Number(/^HTTP\/1\.[01] (\d{3}) /u.exec(head)?.[1]);
}

async function outcomesOf(t: TestContext, edge: Address, user: string, to: Reached) {
  const bySocks = await askSocks(await connectTcp(t, edge), user, to);
  const byHttp = await askHttp(await connectTcp(t, edge), connectRequest(user, to));
  return { socks: bySocks, http: byHttp };
}

const granted = { socks: 0, http: 200 };
const denied = { socks: 2, http: 403 };

test('loopback is reached only by a rule that names its CIDR; rules are judged in order, all their fields together', async (t) => {
  const { origin, edge } = await startForward(t);
  const address = { host: '127.0.0.1', port: origin.port };
  const name = { host: 'localhost', port: origin.port };
  const cases: readonly (readonly [string, Reached, typeof granted])[] = [
    ['local', address, granted],
    ['local', name, granted],
    ['public', address, denied],
    ['public', name, denied],
    ['nowhere', address, denied],
    ['by-name', name, denied],
    ['by-both', name, granted],
    ['by-both', address, denied],
    ['by-port', address, granted],
    ['by-port', { host: '127.0.0.1', port: origin.port + 1 }, denied],
    ['public', { host: '10.1.2.3', port: 80 }, denied],
    ['public', { host: '169.254.169.254', port: 80 }, denied],
    ['public', { host: '0.0.0.0', port: origin.port }, denied],
  ];
  for (const [user, to, expected] of cases) {
    assert.deepEqual(await outcomesOf(t, edge, user, to), expected, `${user} to ${formatAddress(to)}`);
  }
});

test('other spellings of loopback are loopback', async (t) => {
  const { origin, edge } = await startForward(t);
  for (const host of ['127.1', '0x7f000001', '2130706433', '017700000001', 'localhost.', 'LOCALHOST']) {
    const reply = await askSocks(await connectTcp(t, edge), 'public', { host, port: origin.port });
    assert.notEqual(reply, 0, host);
  }
  for (const host of ['::1', '::ffff:127.0.0.1', '::', '64:ff9b::7f00:1']) {
    const status = await askHttp(await connectTcp(t, edge), connectRequest('public', { host, port: origin.port }));
    assert.equal(status, 403, host);
  }
  assert.equal(origin.acceptedCount(), 0);
});

test('a failed connect is told as such: refused, unresolved, timed out', async (t) => {
  const { edge } = await startForward(t);
  const hole = await openBlackHole(t);
  const refusing = await findRefusingPort();
  assert.deepEqual(await outcomesOf(t, edge, 'local', refusing), { socks: 5, http: 502 });
  assert.deepEqual(await outcomesOf(t, edge, 'local', hole), { socks: 6, http: 504 });
  assert.deepEqual(await outcomesOf(t, edge, 'local', { host: 'sluice-test.invalid', port: 80 }), {
    socks: 4,
    http: 502,
  });
});

test('a wrong password or an unknown user is refused in either protocol and logged', async (t) => {
  const { edge, sluice, origin } = await startForward(t);
  for (const user of ['local', 'nobody']) {
    const socks = await connectTcp(t, edge);
    socks.send(buildSocks5Greeting([0, 2]));
    assert.deepEqual([...(await socks.receive(2))], [5, 2]);
    socks.send(buildSocks5Login(user, 'wrong'));
    const [version, status] = await socks.receive(2);
    assert.ok(version === 1 && status !== 0);
    await socks.end();
    socks.finish();
    assert.equal((await findAccessLine(sluice, socks.localAddress)).reason, 'AuthFailed');
    const http = await connectTcp(t, edge);
    assert.equal(await askHttp(http, connectRequest(user, { host: '127.0.0.1', port: origin.port }, 'wrong')), 407);
  }
});

test('without credentials: no acceptable method, and 407 with a challenge', async (t) => {
  const { edge } = await startForward(t);
  const socks = await connectTcp(t, edge);
  socks.send(buildSocks5Greeting([0]));
  assert.deepEqual([...(await socks.receiveAll())], [5, 255]);
  const http = await connectTcp(t, edge);
  http.send('CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n');
  const head = await http.receiveThrough('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 407 [^]*proxy-authenticate: basic realm=/iu);
});

test('what is not supported is refused by name: BIND, UDP, an unknown address type, absolute-form HTTP', async (t) => {
  const { edge, origin } = await startForward(t);
  for (const [request, code] of [
    [buildSocks5Connect('127.0.0.1', origin.port, 2), 7],
    [buildSocks5Connect('127.0.0.1', origin.port, 3), 7],
    [Buffer.from([5, 1, 0, 9, 0, 0, 0, 0, 0, 0]), 8],
  ] as const) {
    const client = await connectTcp(t, edge);
    client.send(Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login('local', password), request]));
    const replies = await client.receiveAll();
    assert.equal(replies[5], code);
  }
  const absolute = connectRequest('local', origin).replace(/^CONNECT \S+/u, `GET http://${formatAddress(origin)}/`);
  const status = await askHttp(await connectTcp(t, edge), absolute);
  assert.ok(status === 405 || status === 501, String(status));
});

test('bytes sent behind the request, before its answer, arrive exactly once', async (t) => {
  const { edge, origin } = await startForward(t);
  const early = Buffer.from('early data, sent at once\r\n');
  const socks = await connectTcp(t, edge);
  const request = buildSocks5Connect('127.0.0.1', origin.port);
  socks.send(Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login('local', password), request, early]));
  const http = await connectTcp(t, edge);
  http.send(Buffer.concat([Buffer.from(connectRequest('local', { host: '127.0.0.1', port: origin.port })), early]));
  for (const client of [socks, http]) {
    await client.receiveThrough('origin\n');
    client.send('and more');
    client.finish();
    await client.receiveAll();
  }
  await eventually(() => {
    const received = origin.received().map((bytes) => bytes.toString());
    assert.deepEqual(received, [`${early.toString()}and more`, `${early.toString()}and more`]);
  });
});

test('a request one byte at a time is served', async (t) => {
  const { edge, origin } = await startForward(t);
  const to = { host: 'localhost', port: origin.port };
  const socks = [
    buildSocks5Greeting([0, 1, 2]),
    buildSocks5Login('local', password),
    buildSocks5Connect(to.host, to.port),
  ];
  for (const bytes of [Buffer.concat(socks), Buffer.from(connectRequest('local', to))]) {
    const client = await connectTcp(t, edge);
    for (const byte of bytes) client.send(Buffer.from([byte]));
    await client.receiveThrough('origin\n');
  }
});

test('the tunnel is logged with user, endpoint and the address dialled, and carries half-closes', async (t) => {
  const { edge, origin, sluice } = await startForward(t);
  const client = await connectTcp(t, edge);
  assert.equal(await askSocks(client, 'local', { host: 'localhost', port: origin.port }), 0);
  client.send('x');
  client.finish();
  assert.equal((await client.receiveAll()).toString(), 'origin\n');
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual(
    [line.protocol, line.user, line.route, line.reason, line.upstream],
    ['SOCKS5', 'local', 'socks', 'Finished', formatAddress(origin)],
  );
});

test('denials and broken requests are logged with their reason', async (t) => {
  const { edge, origin, sluice } = await startForward(t);
  const deniedClient = await connectTcp(t, edge);
  await askSocks(deniedClient, 'public', origin);
  await deniedClient.end();
  deniedClient.finish();
  const line = await findAccessLine(sluice, deniedClient.localAddress);
  assert.deepEqual([line.reason, line.closedBy, line.user], ['NotAllowed', 'Policy', 'public']);
  const broken = await connectTcp(t, edge);
  assert.equal(await askHttp(broken, 'CONNECT nonsense HTTP/1.1\r\nHost: a\r\n\r\n'), 400);
  await broken.end();
  broken.finish();
  assert.equal((await findAccessLine(sluice, broken.localAddress)).reason, 'ProtocolError');
});
