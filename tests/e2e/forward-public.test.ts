/**
 * The forward proxy and public destinations, on a "public" network between two namespaces of the test's own: reached without
 * a rule, by users and, where the route says so, by anyone; the proxy's own addresses are not.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { linkNamespaces } from '@sluice/testkit/link-namespaces.ts';
import { type NetworkNamespace, openNetworkNamespace } from '@sluice/testkit/network-namespace.ts';
import { type CommandResult } from '@sluice/testkit/run-command.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';

const [own, remote, unreachable] = ['9.9.9.1', '9.9.9.9', '11.11.11.11'];
const originPort = 8080;
const origin = `require('node:http').createServer((request, response) => response.end('public origin'))
  .listen(${originPort}, '0.0.0.0', () => console.log('up'));`;

async function startOrigin(t: TestContext, namespace: NetworkNamespace): Promise<void> {
  const [command = 'ip', ...args]: readonly string[] = [...namespace.prefix, process.execPath, '-e', origin];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
}

async function prepare(t: TestContext) {
  const [inside, outside] = [await openNetworkNamespace(t), await openNetworkNamespace(t)];
  if (inside.kind === 'notPermitted' || outside.kind === 'notPermitted') {
    t.skip(`no network namespace: ${inside.kind === 'notPermitted' ? inside.reason : 'the second failed'}`);
    return null;
  }
  await linkNamespaces(
    { namespace: inside.namespace, address: `${own}/24` },
    { namespace: outside.namespace, address: `${remote}/24` },
  );
  await startOrigin(t, outside.namespace);
  await startOrigin(t, inside.namespace);
  const config = buildConfig({
    bind: '0.0.0.0:0',
    listener: 'timeouts: { connect: 2s }',
    routes: [
      'name: open, match: { protocol: SOCKS5, sources: [127.0.0.3/32] }, action: ForwardProxy, forward: { anonymous: true }',
      'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
      'name: connect, match: { protocol: HTTP }, action: ForwardProxy',
      routeTo('nowhere', [`tcp://${unreachable}:80`], { match: 'protocol: SSH' }),
    ],
    users: [
      `name: alice, password: { scrypt: "${createScryptVerifier('secret')}" }`,
      `name: bob, password: { scrypt: "${createScryptVerifier('secret')}" }, allow: [{ domains: ["*.example.com"] }]`,
    ],
  });
  const sluice = await startSluice(t, { config, prefix: inside.namespace.prefix });
  const proxy = `127.0.0.1:${sluice.address('edge').port}`;
  const curl = async (...args: readonly string[]): Promise<CommandResult> =>
    await inside.namespace.run('curl', ['-sS', '--max-time', '5', '--noproxy', '', ...args]);
  return { sluice, proxy, curl, inside: inside.namespace };
}

test('public destinations', async (t) => {
  const ready = await prepare(t);
  if (ready === null) return;
  const { proxy, curl, sluice, inside } = ready;
  const url = `http://${remote}:${originPort}/`;

  await t.test('a user without rules reaches them, by SOCKS5 and by CONNECT', async () => {
    const socks = await curl('--socks5-hostname', proxy, '--proxy-user', 'alice:secret', url);
    assert.equal(socks.stdout, 'public origin', socks.stderr);
    const connect = await curl('-x', `http://${proxy}`, '-p', '--proxy-user', 'alice:secret', url);
    assert.equal(connect.stdout, 'public origin', connect.stderr);
  });

  await t.test('a user with rules reaches only what they name', async () => {
    const result = await curl('-x', `http://${proxy}`, '-p', '--proxy-user', 'bob:secret', url);
    assert.match(result.stderr, /403/u);
  });

  await t.test('anyone reaches them where the route is anonymous', async () => {
    const result = await curl('--interface', '127.0.0.3', '--socks5-hostname', proxy, url);
    assert.equal(result.stdout, 'public origin', result.stderr);
  });

  await t.test('the public address on which the proxy listens is not public', async () => {
    const result = await curl(
      '-x',
      `http://${proxy}`,
      '-p',
      '--proxy-user',
      'alice:secret',
      `http://${own}:${originPort}/`,
    );
    assert.match(result.stderr, /403/u);
  });

  await t.test('a network without a route is Unreachable, in the answer and in the log', async () => {
    const result = await curl(
      '-v',
      '--socks5-hostname',
      proxy,
      '--proxy-user',
      'alice:secret',
      `http://${unreachable}/`,
    );
    assert.match(result.stderr, /\(3\)|network unreachable/iu);
    await inside.run('nc', ['-w', '2', ...proxy.split(':')], { input: 'SSH-2.0-x\r\n' });
    const line = await sluice.waitForLog((entry) => entry['route'] === 'nowhere');
    assert.equal(line['reason'], 'Unreachable');
  });
});
