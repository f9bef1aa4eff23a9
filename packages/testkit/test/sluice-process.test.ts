/**
 * The handle on the program, proved on a stand-in of a few lines: what the real one must do is tested in tests/e2e.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../src/eventually.ts';
import { type SluiceOptions, startSluice } from '../src/sluice-process.ts';

const standIn = `
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = process.argv[process.argv.indexOf('--config') + 1];
const server = require('node:http').createServer((request, response) => response.end('a 1\\n'));
server.listen(0, '127.0.0.1', () => {
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  const address = '127.0.0.1:' + server.address().port;
  const listeners = [{ name: 'edge', addresses: [address] }];
  console.log(JSON.stringify({ msg: 'ready', pid: process.pid, digest, admin: address, listeners }));
  console.error('a warning');
});
process.on('SIGTERM', () => process.exit(7));`;

const options: SluiceOptions = { config: 'a: 1\n', prefix: [process.execPath, '-e', standIn] };

test('it is ready with addresses, metrics and an exit code', async (t) => {
  const sluice = await startSluice(t, options);
  assert.equal(sluice.address('edge').host, '127.0.0.1');
  assert.throws(() => sluice.address('other'), /listener other/u);
  assert.equal((await sluice.metrics()).sum('a'), 1);
  await eventually(() => assert.equal(sluice.stderr, 'a warning\n'));
  assert.deepEqual(await sluice.stop(), { code: 7, signal: null });
});

test('a start that fails rejects with what went to stderr', async (t) => {
  const failing = { ...options, prefix: [process.execPath, '-e', 'console.error("port taken"); process.exit(1)'] };
  await assert.rejects(startSluice(t, failing), /stderr: port taken/u);
});

test('teardown ends a process that ignores signals', async (t) => {
  let pid = 0;
  await t.test('inner', async (inner) => {
    pid = (await startSluice(inner, options)).pid;
  });
  assert.throws(() => process.kill(pid, 0), /ESRCH/u);
});
