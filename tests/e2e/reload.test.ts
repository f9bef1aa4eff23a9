/**
 * Live changes of the configuration file: how they are noticed, what they change, what they reject.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Address, formatAddress } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import type { JsonLine } from '@sluice/testkit/json-lines.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const atOnce = 'detect: { protocols: [] }';
const reloadMs = 1_000;

function digestOf(config: string): string {
  return createHash('sha256').update(config).digest('hex');
}

async function readName(t: TestContext, edge: Address): Promise<string> {
  const client = await connectTcp(t, edge);
  const name = (await client.receiveThrough('\n')).trim();
  client.socket.destroy();
  return name;
}

/** Runs `change` and resolves with the first line of a reload after it, within the second allowed. */
async function reloadBy(sluice: SluiceProcess, change: () => void | Promise<void>): Promise<JsonLine> {
  const from = sluice.logPosition;
  await change();
  const isReload = (line: JsonLine): boolean => line['msg'] === 'reloaded' || line['msg'] === 'reload rejected';
  return await sluice.waitForLog(isReload, { from, timeoutMs: reloadMs });
}

async function startTwo(t: TestContext) {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const toA = buildConfig({ listener: atOnce, routes: [routeTo('all', [a.url])] });
  const toB = buildConfig({ listener: atOnce, routes: [routeTo('all', [b.url])] });
  const sluice = await startSluice(t, { config: toA });
  return { toA, toB, sluice };
}

function assertReloaded(line: JsonLine, sluice: SluiceProcess, config: string): void {
  assert.equal(line['msg'], 'reloaded', JSON.stringify(line));
  assert.equal(line['digest'], digestOf(config));
  assert.deepEqual(line['listeners'], sluice.ready['listeners']);
}

test('a file replaced by rename is in force within a second, on the same port', async (t) => {
  const { toB, sluice } = await startTwo(t);
  assert.equal(await readName(t, sluice.address('edge')), 'a');
  assertReloaded(await reloadBy(sluice, () => sluice.replaceConfig(toB)), sluice, toB);
  assert.equal(await readName(t, sluice.address('edge')), 'b');
});

test('a file written in place is in force within a second, again and again', async (t) => {
  const { toA, toB, sluice } = await startTwo(t);
  for (const [config, name] of [
    [toB, 'b'],
    [toA, 'a'],
    [toB, 'b'],
  ] as const) {
    assertReloaded(await reloadBy(sluice, () => writeFile(sluice.configPath, config)), sluice, config);
    assert.equal(await readName(t, sluice.address('edge')), name);
  }
});

test('SIGHUP reads the file again, changed or not', async (t) => {
  const { toA, sluice } = await startTwo(t);
  assertReloaded(await reloadBy(sluice, () => sluice.signal('SIGHUP')), sluice, toA);
  assertReloaded(await reloadBy(sluice, () => sluice.signal('SIGHUP')), sluice, toA);
});

test('a ConfigMap swap (the directory behind a symbolic link) is in force within a second, twice', async (t) => {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const directory = await createTemporaryDirectory(t);
  const configs = [a, b, a].map((origin) => buildConfig({ listener: atOnce, routes: [routeTo('all', [origin.url])] }));
  const writeVersion = async (index: number): Promise<void> => {
    const version = `..2026_11_2${index}`;
    await mkdir(join(directory, version));
    await writeFile(join(directory, version, 'sluice.yaml'), configs[index] ?? '');
    await symlink(version, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  await writeVersion(0);
  await symlink('..data/sluice.yaml', join(directory, 'sluice.yaml'));
  const sluice = await startSluice(t, { config: '', configPath: join(directory, 'sluice.yaml') });
  for (const [index, name] of [
    [1, 'b'],
    [2, 'a'],
  ] as const) {
    const swap = async (): Promise<void> => {
      await writeVersion(index);
      await rm(join(directory, `..2026_11_2${index - 1}`), { recursive: true });
    };
    assertReloaded(await reloadBy(sluice, swap), sluice, configs[index] ?? '');
    assert.equal(await readName(t, sluice.address('edge')), name);
  }
});

test('a bad file is rejected with its errors and its digest, and changes nothing', async (t) => {
  const { toA, toB, sluice } = await startTwo(t);
  const bad = toB.replace('match:', 'metch:');
  const line = await reloadBy(sluice, () => sluice.replaceConfig(bad));
  assert.equal(line['msg'], 'reload rejected');
  assert.equal(line['digest'], digestOf(bad));
  const errors = line['errors'];
  assert.ok(Array.isArray(errors) && errors.length > 0);
  assert.match(String(errors[0]), /^[^:]+:\d+:\d+: .*metch/u);
  assert.equal(await readName(t, sluice.address('edge')), 'a');
  const metrics = await sluice.metrics();
  assert.equal(metrics.sum('sluice_config_reloads_total', { result: 'rejected' }), 1);
  assertReloaded(await reloadBy(sluice, () => sluice.replaceConfig(toA)), sluice, toA);
});

test('a vanished file is a rejected reload, and its return is noticed', async (t) => {
  const { toB, sluice } = await startTwo(t);
  const line = await reloadBy(sluice, () => rm(sluice.configPath));
  assert.equal(line['msg'], 'reload rejected', JSON.stringify(line));
  assert.equal(await readName(t, sluice.address('edge')), 'a');
  assertReloaded(await reloadBy(sluice, () => writeFile(sluice.configPath, toB)), sluice, toB);
  assert.equal(await readName(t, sluice.address('edge')), 'b');
});

test('a taken port rejects the whole reload', async (t) => {
  const { toB, sluice } = await startTwo(t);
  const taken = await startEchoOrigin(t);
  const more = `  - { name: more, bind: ["127.0.0.1:0", "127.0.0.1:${taken.port}"] }\nroutes:`;
  const line = await reloadBy(sluice, () => sluice.replaceConfig(toB.replace('routes:', more)));
  assert.equal(line['msg'], 'reload rejected');
  assert.match(JSON.stringify(line['errors']), new RegExp(`more.*${taken.port}|${taken.port}.*more`, 'u'));
  assert.equal(await readName(t, sluice.address('edge')), 'a');
});

test('a listener comes and goes; the other keeps its port and its connections', async (t) => {
  const { toA, sluice } = await startTwo(t);
  const before = sluice.address('edge');
  const stream = await connectTcp(t, before);
  await stream.receiveThrough('\n');
  const two = toA.replace('routes:', '  - { name: more, bind: ["127.0.0.1:0"], detect: { protocols: [] } }\nroutes:');
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(two)))['msg'], 'reloaded');
  assert.deepEqual(sluice.address('edge'), before);
  const more = sluice.address('more');
  assert.equal(await readName(t, more), 'a');
  const onMore = await connectTcp(t, more);
  await onMore.receiveThrough('\n');
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(toA)))['msg'], 'reloaded');
  await assert.rejects(connectTcp(t, more), /ECONNREFUSED/u);
  for (const established of [stream, onMore]) {
    established.finish();
    assert.equal(await established.end(), 'Ended');
  }
});

test('a changed bind moves the listener; the old port is closed', async (t) => {
  const { toA, sluice } = await startTwo(t);
  const before = sluice.address('edge');
  const moved = toA.replace('name: edge, bind: ["127.0.0.1:0"]', 'name: edge, bind: ["127.0.0.2:0"]');
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(moved)))['msg'], 'reloaded');
  assert.equal(sluice.address('edge').host, '127.0.0.2');
  assert.equal(await readName(t, sluice.address('edge')), 'a');
  await assert.rejects(connectTcp(t, before), /ECONNREFUSED/u);
});

test('limits and timeouts of a listener change in place', async (t) => {
  const echo = await startEchoOrigin(t);
  const config = (listener: string): string =>
    buildConfig({ listener: `${atOnce}, ${listener}`, routes: [routeTo('all', [echo.url])] });
  const sluice = await startSluice(t, { config: config('limits: { connections: 1 }') });
  const edge = sluice.address('edge');
  const first = await connectTcp(t, edge);
  first.send('x');
  await first.receive(1);
  await (await connectTcp(t, edge)).end();
  await reloadBy(sluice, () => sluice.replaceConfig(config('limits: { connections: 2 }, timeouts: { idle: 300ms }')));
  const second = await connectTcp(t, edge);
  second.send('y');
  assert.equal((await second.receive(1)).toString(), 'y');
  await second.end(1_500);
  assert.ok((await connectTcp(t, edge)).socket.readable);
});

test('admin moves live, and can be turned off', async (t) => {
  const { toA, sluice } = await startTwo(t);
  const before = sluice.adminUrl;
  const place = formatAddress(await findRefusingPort());
  const moved = toA.replace('admin: { bind: "127.0.0.1:0" }', `admin: { bind: "${place}" }`);
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(moved)))['msg'], 'reloaded');
  assert.equal((await fetch(`http://${place}/healthz`)).status, 200);
  await assert.rejects(fetch(`${before}/healthz`));
  const off = toA.replace('admin: { bind: "127.0.0.1:0" }', 'admin: { enabled: false }');
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(off)))['msg'], 'reloaded');
  await assert.rejects(fetch(`http://${place}/healthz`));
});

test('what is read at start only rejects a reload that changes it, and says so', async (t) => {
  const { toB, sluice } = await startTwo(t);
  const line = await reloadBy(sluice, () => sluice.replaceConfig(`datapath: { splice: false }\n${toB}`));
  assert.equal(line['msg'], 'reload rejected');
  assert.match(JSON.stringify(line['errors']), /:1:\d+: datapath .*restart/u);
  assert.equal(await readName(t, sluice.address('edge')), 'a');
});

test('a taken admin port rejects the whole reload', async (t) => {
  const { toB, sluice } = await startTwo(t);
  const taken = formatAddress(await startEchoOrigin(t));
  const line = await reloadBy(sluice, () =>
    sluice.replaceConfig(toB.replace('admin: { bind: "127.0.0.1:0" }', `admin: { bind: "${taken}" }`)),
  );
  assert.equal(line['msg'], 'reload rejected');
  assert.match(JSON.stringify(line['errors']), /admin/u);
  assert.equal(await readName(t, sluice.address('edge')), 'a');
  assert.equal((await sluice.fetchAdmin('/readyz')).status, 200);
});

test('users change live: a new one is let in, a removed one is not', async (t) => {
  const origin = await startNamedOrigin(t, 'a');
  const config = (user: string): string =>
    buildConfig({
      routes: ['name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy'],
      users: [
        `name: ${user}, password: { scrypt: "${createScryptVerifier('secret')}" }, allow: [{ cidrs: [127.0.0.0/8] }]`,
      ],
    });
  const sluice = await startSluice(t, { config: config('old') });
  const login = async (user: string): Promise<number | undefined> => {
    const client = await connectTcp(t, sluice.address('edge'));
    client.send(Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login(user, 'secret')]));
    return (await client.receive(4))[3];
  };
  assert.equal(await login('old'), 0);
  assert.notEqual(await login('new'), 0);
  const tunnel = await connectTcp(t, sluice.address('edge'));
  tunnel.send(
    Buffer.concat([
      buildSocks5Greeting([2]),
      buildSocks5Login('old', 'secret'),
      buildSocks5Connect(origin.host, origin.port),
    ]),
  );
  await tunnel.receiveThrough('a\n');
  assert.equal((await reloadBy(sluice, () => sluice.replaceConfig(config('new'))))['msg'], 'reloaded');
  assert.notEqual(await login('old'), 0);
  assert.equal(await login('new'), 0);
  tunnel.finish();
  assert.equal(await tunnel.end(), 'Ended');
});
