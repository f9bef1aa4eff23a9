/**
 * Routes and listeners without Kubernetes: `sluice publish` to a real nats-server, proxies whose file has neither, and `sluice
 * status`, which shows what came of it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseAddress } from '@sluice/testkit/address.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import type { CommandResult } from '@sluice/testkit/run-command.ts';
import { runSluice } from '@sluice/testkit/run-sluice.ts';
import { sluiceCommand } from '@sluice/testkit/sluice-command.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const skip = await whyNoNatsServer();

interface Scene {
  readonly nats: NatsServer;
  /** Publishes a text, as the file it always is. */
  readonly publish: (text: string, ...options: readonly string[]) => Promise<CommandResult>;
  readonly file: string;
  readonly startProxy: (name: string) => Promise<SluiceProcess>;
}

const echo = 'routes: [{ name: echo, match: { protocol: SSH }, action: Echo }]\n';

async function open(t: TestContext): Promise<Scene> {
  const nats = await startNatsServer(t);
  const directory = await createTemporaryDirectory(t);
  const file = join(directory, 'routing.yaml');
  const publish = async (text: string, ...options: readonly string[]): Promise<CommandResult> => {
    await writeFile(file, text);
    return await runSluice(['publish', file, '--nats', nats.url, ...options], { timeoutMs: 60_000 });
  };
  const startProxy = async (name: string): Promise<SluiceProcess> => {
    const control = `control: { name: ${name}, ranges: [Routing], nats: { servers: ["${nats.url}"] }, stateDirectory: "${join(directory, name)}" }`;
    return await startSluice(t, { config: `admin: { bind: "127.0.0.1:0" }\n${control}\n` });
  };
  return { nats, publish, file, startProxy };
}

async function listenerOf(sluice: SluiceProcess, name: string): Promise<string> {
  const listeners = (await (await sluice.fetchAdmin('/v1/listeners')).json()) as {
    items: { name: string; addresses: string[] }[];
  };
  const address = listeners.items.find((listener) => listener.name === name)?.addresses[0];
  assert.ok(address !== undefined, `no listener ${name}`);
  return address;
}

async function assertEchoes(t: TestContext, address: string): Promise<void> {
  const client = await connectTcp(t, parseAddress(address));
  client.send('SSH-2.0-x');
  assert.equal((await client.receive(9)).toString(), 'SSH-2.0-x');
  client.finish();
  await client.end();
}

test('a file that is published is in force on every proxy, and so is what it no longer has', { skip }, async (t) => {
  const { publish, startProxy } = await open(t);
  const listeners = 'listeners: [{ name: live, bind: ["127.0.0.1:0"] }]\n';
  const first = await publish(listeners + echo, '--wait', '1s');
  assert.match(
    first.stdout,
    /^\+ listeners\.live\n\+ routes\.echo\npublishing: 2 added, 0 changed, 0 removed, 0 unchanged\n/,
  );
  assert.match(first.stdout, /in force on 0\/0 proxies/);
  const proxies = await Promise.all(['p1', 'p2', 'p3'].map(startProxy));
  for (const proxy of proxies) await assertEchoes(t, await listenerOf(proxy, 'live'));
  const dry = await publish(`${listeners}routes: []\n`, '--dry-run');
  assert.deepEqual(
    [dry.code, dry.stdout],
    [0, '- routes.echo\nwould publish: 0 added, 0 changed, 1 removed, 1 unchanged\n'],
  );
  const second = await publish(`${listeners}routes: [{ name: ban, action: Ban }]\n`);
  assert.match(
    second.stdout,
    /1 added, 0 changed, 1 removed, 1 unchanged\npublished revision \d+ \(epoch 2\); in force on 3\/3 proxies\n$/,
  );
  assert.equal(second.code, 0, second.stderr);
  for (const proxy of proxies) {
    const client = await connectTcp(t, parseAddress(await listenerOf(proxy, 'live')));
    client.send('SSH-2.0-x');
    assert.equal((await client.receiveAll()).length, 0);
  }
});

test('a listener that cannot be bound is rejected by name, and status shows it', { skip }, async (t) => {
  const { publish, startProxy } = await open(t);
  const taken = await openServer(t, createServer());
  await publish(`listeners: [{ name: good, bind: ["127.0.0.1:0"] }]\n${echo}`, '--wait', '1ms');
  const proxy = await startProxy('edge-1');
  const result = await publish(
    `listeners: [{ name: good, bind: ["127.0.0.1:0"] }, { name: bad, bind: ["127.0.0.1:${taken.port}"] }]\n${echo}`,
  );
  assert.equal(result.code, 1);
  assert.match(
    result.stdout,
    /in force on 0\/1 proxies\nrejected by edge-1: listeners\.bad: cannot bind 127\.0\.0\.1:\d+: the port is taken/,
  );
  await assertEchoes(t, await listenerOf(proxy, 'good'));
  const status = await runSluice(['status', '--admin', proxy.adminUrl]);
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^sluice \S+, pid \d+, up [^:]+: Ready\n/);
  assert.match(status.stdout, /^routing +Live( \(in doubt\))? +2 +\d+ +[0-9a-f]{12} /m);
  assert.match(status.stdout, /^rejected listeners\.bad: cannot bind/m);
  const json = JSON.parse((await runSluice(['status', '--json', '--admin', proxy.adminUrl])).stdout) as {
    control: { ranges: { rejectedCount: number }[] };
  };
  assert.equal(json.control.ranges[0]?.rejectedCount, 1);
  assert.equal((await proxy.metrics()).sum('sluice_config_rejected', { range: 'routing' }), 1);
});

test('publish --follow publishes the file again when it changes, also after NATS was wiped', { skip }, async (t) => {
  const { nats, file, publish, startProxy } = await open(t);
  await publish(`listeners: [{ name: one, bind: ["127.0.0.1:0"] }]\n${echo}`, '--wait', '1ms');
  const proxy = await startProxy('edge-1');
  const follower = spawn(sluiceCommand, ['publish', file, '--nats', nats.url, '--follow', '--wait', '1ms'], {
    env: { PATH: systemPath },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => follower.once('close', resolve));
  t.after(async () => {
    follower.kill('SIGKILL');
    await ended;
  });
  await eventually(async () => {
    assert.equal((await proxy.metrics()).sum('sluice_config_epoch', { range: 'routing' }), 2);
  });
  await writeFile(file, `listeners: [{ name: two, bind: ["127.0.0.1:0"] }]\n${echo}`);
  await eventually(async () => await assertEchoes(t, await listenerOf(proxy, 'two')));
  await nats.wipe();
  await writeFile(file, `listeners: [{ name: three, bind: ["127.0.0.1:0"] }]\n${echo}`);
  await eventually(async () => await assertEchoes(t, await listenerOf(proxy, 'three')), { timeoutMs: 30_000 });
  follower.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('status says when there is no proxy, and when a proxy is not ready', { skip }, async (t) => {
  const nobody = await runSluice(['status', '--admin', '127.0.0.1:1']);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /^sluice: cannot ask http:\/\/127\.0\.0\.1:1: /);
  const file = await runSluice(['publish', '/nowhere.yaml', '--nats', 'nats://127.0.0.1:1']);
  assert.equal(file.code, 2);
  assert.equal((await runSluice(['publish'])).code, 64);
  assert.equal((await runSluice(['publish', 'x', '--nats', 'nats://u:p@h'])).code, 64);
  void t;
});
