/**
 * `sluice run` from its ready line to its exit codes, `version`, and starts that must fail.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { runSluice, runSluiceOn } from '@sluice/testkit/run-sluice.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const ban = 'name: rest, match: {}, action: Ban';

test('the ready line tells pid, digest, admin and the real addresses of every listener', async (t) => {
  const config = `admin: { bind: "127.0.0.1:0" }
listeners:
  - { name: one, bind: ["127.0.0.1:0", "[::1]:0"] }
  - { name: two, bind: ["127.0.0.1:0"] }
routes:
  - { ${ban} }
`;
  const sluice = await startSluice(t, { config });
  assert.equal(sluice.ready['digest'], createHash('sha256').update(config).digest('hex'));
  assert.ok(sluice.pid > 0);
  process.kill(sluice.pid, 0);
  for (const [listener, index] of [
    ['one', 0],
    ['one', 1],
    ['two', 0],
  ] as const) {
    const address = sluice.address(listener, index);
    assert.ok(address.port > 0);
    const client = await connectTcp(t, address);
    client.send('SSH-2.0-x\r\n');
    assert.equal(await client.end(), 'Ended');
  }
  assert.equal((await sluice.fetchAdmin('/healthz')).status, 200);
  assert.equal((await sluice.fetchAdmin('/readyz')).status, 200);
  assert.deepEqual(sluice.strayOutput, []);
});

test('no log level hides the lines that programs wait for', async (t) => {
  const config = buildConfig({ top: 'log: { level: Error }', routes: [ban] });
  const sluice = await startSluice(t, { config });
  sluice.signal('SIGHUP');
  await sluice.waitForLog((line) => line['msg'] === 'reloaded');
  assert.equal((await sluice.stop()).code, 0);
  const said = sluice.logs().map(({ msg }) => msg);
  assert.deepEqual(said, ['ready', 'reloaded', 'stopping', 'stopped']);
});

test('one line at start says what the kernel granted', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: [ban] }) });
  const granted = sluice.logs(
    (line) => /pipe/iu.test(JSON.stringify(line)) && /f(?:d|ile)/iu.test(JSON.stringify(line)),
  );
  assert.equal(granted.length, 1, JSON.stringify(sluice.logs()));
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it with exit code 0`, async (t) => {
    const sluice = await startSluice(t, { config: buildConfig({ routes: [ban] }) });
    assert.deepEqual(await sluice.stop(signal), { code: 0, signal: null });
    assert.equal(sluice.stderr, '');
  });
}

test('without --config it reads sluice.yaml of the working directory', async (t) => {
  const cwd = await createTemporaryDirectory(t);
  assert.equal((await runSluice(['check'], { cwd })).code, 2);
  await writeFile(join(cwd, 'sluice.yaml'), buildConfig({ routes: [ban] }));
  assert.equal((await runSluice(['check'], { cwd })).code, 0);
});

test('version prints a version', async () => {
  const result = await runSluice(['version']);
  assert.equal(result.code, 0);
  assert.match(result.stdout, /\d+\.\d+\.\d+/u);
});

test('check prints the effective configuration', async (t) => {
  const result = await runSluiceOn(t, 'check', buildConfig({ routes: [ban] }));
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /edge/u);
  assert.match(result.stdout, /rest/u);
});

for (const args of [['jump'], ['run', '--colour'], ['run', '--config'], ['check', 'a', 'b'], []]) {
  test(`a usage error exits 64: sluice ${args.join(' ')}`, async () => {
    const result = await runSluice(args);
    assert.equal(result.code, 64);
    assert.notEqual(result.stderr, '');
    assert.doesNotMatch(result.stderr, /^\s+at /mu);
  });
}

test('a file that is missing or a directory exits 2 and is named', async (t) => {
  const directory = await createTemporaryDirectory(t);
  await mkdir(join(directory, 'folder'));
  for (const path of [join(directory, 'missing.yaml'), join(directory, 'folder')]) {
    for (const command of ['run', 'check']) {
      const result = await runSluice([command, '--config', path]);
      assert.equal(result.code, 2);
      assert.ok(result.stderr.includes(path), result.stderr);
      assert.doesNotMatch(result.stderr, /^\s+at /mu);
    }
  }
});

test('a taken port exits 1 and names listener and address', async (t) => {
  const taken = await startEchoOrigin(t);
  const result = await runSluiceOn(t, 'run', buildConfig({ routes: [ban], bind: `127.0.0.1:${taken.port}` }));
  assert.equal(result.code, 1);
  const said = result.stderr + result.stdout;
  assert.match(said, /edge/u);
  assert.ok(said.includes(`127.0.0.1:${taken.port}`), said);
  assert.doesNotMatch(said, /^\s+at |node:internal/mu);
});

test('a taken admin port exits 1 and says so', async (t) => {
  const taken = await startEchoOrigin(t);
  const result = await runSluiceOn(t, 'run', buildConfig({ routes: [ban], adminBind: `127.0.0.1:${taken.port}` }));
  assert.equal(result.code, 1);
  assert.match(result.stderr + result.stdout, /admin/u);
});

test('admin can be turned off', async (t) => {
  const config = `admin: { enabled: false }\nlisteners:\n  - { name: edge, bind: ["127.0.0.1:0"] }\nroutes:\n  - { ${ban} }\n`;
  const sluice = await startSluice(t, { config });
  assert.ok(sluice.ready['admin'] === null || sluice.ready['admin'] === undefined, JSON.stringify(sluice.ready));
});

test('a configuration error wins over a taken port: nothing is bound', async (t) => {
  const taken = await startEchoOrigin(t);
  const config = buildConfig({ routes: [`${ban}, colour: red`], bind: `127.0.0.1:${taken.port}` });
  assert.equal((await runSluiceOn(t, 'run', config)).code, 2);
});
