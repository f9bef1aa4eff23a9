/**
 * Real clients of every protocol on one port, each reaching the origin its route names.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { startHttpOrigin } from '@sluice/testkit/http-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { startSshBannerOrigin } from '@sluice/testkit/ssh-banner-origin.ts';
import { startSshdOrigin } from '@sluice/testkit/sshd-origin.ts';
import { startTlsOrigin } from '@sluice/testkit/tls-origin.ts';

/** Clients from these sources reach the forward proxy, with and without a user. */
const [forwardSource, anonymousSource] = ['127.0.0.2', '127.0.0.3'];

async function startAll(t: TestContext) {
  const names = ['www.example.com', 'a.shop.example.com', 'deep.a.shop.example.com'];
  const web = await startTlsOrigin(t, { name: 'web', serverNames: names });
  const web2 = await startTlsOrigin(t, { name: 'web-h2', serverNames: names });
  const shop = await startTlsOrigin(t, { name: 'shop', serverNames: names });
  const http = await startHttpOrigin(t, 'plain');
  const ssh = await startSshBannerOrigin(t, 'banner_origin');
  const config = buildConfig({
    routes: [
      routeTo('web', [web.url], { match: 'protocol: TLS, sni: ["www.example.com"]' }),
      routeTo('web-h2', [web2.url], { match: 'protocol: TLS, sni: ["www.example.com"], alpn: [h2]' }),
      routeTo('shop', [shop.url], { match: 'sni: ["*.shop.example.com"]' }),
      routeTo('shell', [ssh.url], { match: 'protocol: SSH' }),
      routeTo('http', [http.url], { match: 'protocol: HTTP' }),
      `name: connect, match: { protocol: HTTP, sources: [${forwardSource}/32] }, action: ForwardProxy`,
      `name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy`,
      `name: open, match: { protocol: SOCKS5, sources: [${anonymousSource}/32] }, action: ForwardProxy, forward: { anonymous: true }`,
      'name: rest, match: {}, action: Ban',
    ],
    users: [
      `name: alice, password: { scrypt: "${createScryptVerifier('wonder land:1')}" }, allow: [{ cidrs: [127.0.0.0/8] }]`,
    ],
  });
  return { web, http, sluice: await startSluice(t, { config }) };
}

async function curl(args: readonly string[]): Promise<CommandResult> {
  return await runCommand('curl', ['-sS', '--max-time', '10', '--noproxy', '', ...args], { timeoutMs: 15_000 });
}

async function curlTls(edge: Address, certPath: string, name: string): Promise<string> {
  const result = await curl([
    ...['--http1.1', '--cacert', certPath, '--resolve', `${name}:${edge.port}:${edge.host}`],
    `https://${name}:${edge.port}/`,
  ]);
  return result.stdout + result.stderr;
}

test('clients of seven kinds reach their origins through one port', async (t) => {
  const { web, http, sluice } = await startAll(t);
  const edge = sluice.address('edge');
  const login = 'alice:wonder land:1';

  await t.test('curl by TLS and an exact name', async () => {
    assert.match(
      await curlTls(edge, web.certPath, 'www.example.com'),
      /origin=web sni=www\.example\.com alpn=http\/1\.1/u,
    );
  });

  await t.test('curl by TLS and a wildcard of one label or two', async () => {
    for (const name of ['a.shop.example.com', 'deep.a.shop.example.com']) {
      const args = ['-k', '--http1.1', '--resolve', `${name}:${edge.port}:${edge.host}`];
      assert.match((await curl([...args, `https://${name}:${edge.port}/`])).stdout, /origin=shop/u);
    }
  });

  await t.test('openssl s_client with the ALPN of a route of its own', async () => {
    for (const [alpn, origin] of [
      ['h2', 'web-h2'],
      ['http/1.1', 'web'],
    ] as const) {
      const result = await runCommand(
        'openssl',
        [
          's_client',
          '-quiet',
          '-connect',
          `${edge.host}:${edge.port}`,
          '-servername',
          'WWW.Example.com',
          '-alpn',
          alpn,
        ],
        { input: 'GET / HTTP/1.0\r\n\r\n', keepInputOpen: true },
      );
      assert.match(result.stdout, new RegExp(`origin=${origin} .*alpn=${alpn}`, 'iu'), result.stderr);
    }
  });

  await t.test('node:tls', async () => {
    const socket = connectTls({ ...edge, servername: 'www.example.com', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    assert.match(chunk.toString(), /origin=web sni=www\.example\.com/u);
    socket.destroy();
  });

  await t.test('a TLS name that no route knows meets the catch-all', async () => {
    assert.match(await curlTls(edge, web.certPath, 'other.example.com'), /^curl: \((?:35|56)\)/u);
  });

  await t.test('the OpenSSH client reads the banner of its origin', async () => {
    const args = ['-v', '-F', 'none', '-o', 'BatchMode=yes', '-o', 'UserKnownHostsFile=/dev/null'];
    const result = await runCommand('ssh', [...args, '-p', String(edge.port), `nobody@${edge.host}`, 'true']);
    assert.match(result.stderr, /remote software version banner_origin/u);
  });

  await t.test('curl by plain HTTP', async () => {
    const result = await curl([`http://${edge.host}:${edge.port}/path?q=1`]);
    assert.equal(
      result.stdout,
      `origin=plain method=GET url=/path?q=1 host=${edge.host}:${edge.port}\n`,
      result.stderr,
    );
  });

  await t.test('curl through HTTP CONNECT with Basic', async () => {
    const proxied = ['--interface', forwardSource, '-x', `http://${edge.host}:${edge.port}`, '-p'];
    const allowed = await curl([...proxied, '--proxy-user', login, `${http.url.replace('tcp', 'http')}/a`]);
    assert.match(allowed.stdout, /origin=plain method=GET url=\/a /u, allowed.stderr);
    const refused = await curl([...proxied, '--proxy-user', 'alice:wrong', `${http.url.replace('tcp', 'http')}/a`]);
    assert.match(refused.stderr, /407/u);
  });

  await t.test('curl through SOCKS5 with user and password', async () => {
    const proxied = ['--socks5-hostname', `${edge.host}:${edge.port}`, '--proxy-user'];
    const allowed = await curl([...proxied, login, `http://localhost:${http.port}/b`]);
    assert.match(allowed.stdout, /origin=plain method=GET url=\/b /u, allowed.stderr);
    const refused = await curl([...proxied, 'alice:wrong', `http://localhost:${http.port}/b`]);
    assert.equal(refused.code, 97, refused.stderr);
  });

  await t.test(
    'curl through SOCKS5 without a user is served only where the route says so, and never to loopback',
    async () => {
      const proxied = ['--socks5-hostname', `${edge.host}:${edge.port}`, `http://127.0.0.1:${http.port}/`];
      const closed = await curl(proxied);
      assert.match(closed.stderr, /No authentication method was acceptable|97/u);
      const open = await curl(['--interface', anonymousSource, ...proxied]);
      assert.match(open.stderr, /\(2\)|not allowed/iu);
    },
  );
});

test('clients of protocols a forward proxy does not speak are told so in their own', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: forward, action: ForwardProxy'] }) });
  const { host, port } = sluice.address('edge');
  assert.match((await curl(['-k', `https://${host}:${port}/`])).stderr, /alert handshake failure/u);
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  const ssh = await runCommand('ssh', [
    ...options.flatMap((option) => ['-o', option]),
    '-p',
    String(port),
    host,
    'true',
  ]);
  assert.match(ssh.stderr, /Received disconnect .*this is a forward proxy, not an SSH server/u);
});

test('a whole OpenSSH session runs through the proxy', { skip: !hasCommand('sshd') && 'no sshd here' }, async (t) => {
  const origin = await startSshdOrigin(t);
  const sluice = await startSluice(t, {
    config: buildConfig({ routes: [routeTo('shell', [origin.url], { match: 'protocol: SSH' })] }),
  });
  const edge = sluice.address('edge');
  const megabytes = 'head -c 8000000 /dev/zero | sha256sum';
  const result = await runCommand(
    'ssh',
    [
      ...origin.clientOptions,
      '-p',
      String(edge.port),
      edge.host,
      `cat > /dev/null; ${megabytes}; head -c 8000000 /dev/zero`,
    ],
    { input: Buffer.alloc(4_000_000, 7), timeoutMs: 20_000 },
  );
  assert.equal(result.code, 0, result.stderr);
  assert.ok(result.stdout.length > 8_000_000);
});
