import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';

const settings = { fsync: 'off' };

test('makes a data directory, stops, and starts again on it', async (t) => {
  const dataDirectory = join(await createTemporaryDirectory(t), 'state', 'postgres');
  const lines: string[] = [];
  const first = await startEmbeddedPostgres({ dataDirectory, settings, onLog: (line) => lines.push(line) });
  t.after(() => first.stop());
  assert.ok(existsSync(join(first.host, '.s.PGSQL.5432')));
  assert.equal((await stat(dataDirectory)).mode & 0o077, 0);
  await first.stop();
  assert.deepEqual(await first.exited, { code: 0, signal: null });
  await eventually(() => assert.equal(existsSync(first.host), false));
  assert.ok(lines.some((line) => line.includes('ready to accept connections')));
  const second = await startEmbeddedPostgres({ dataDirectory, settings });
  t.after(() => second.stop());
  await second.stop();
  await second.stop();
});

test('starts below a directory that others cannot search, as a checkout of root is', async (t) => {
  const parent = join(await createTemporaryDirectory(t), 'closed');
  await mkdir(parent, { mode: 0o700 });
  const server = await startEmbeddedPostgres({ dataDirectory: join(parent, 'data'), settings });
  t.after(() => server.stop());
  await server.stop();
});

test('says what is wrong when the directory holds something else', async (t) => {
  const dataDirectory = await createTemporaryDirectory(t);
  await writeFile(join(dataDirectory, 'letter.txt'), 'not a database');
  await assert.rejects(startEmbeddedPostgres({ dataDirectory }), (error: unknown) => {
    assert.ok(error instanceof EmbeddedPostgresError);
    assert.match(error.message, /ended at its start.*postgresql\.conf|not a valid data directory/);
    return true;
  });
});

test('refuses a second server on the same data', async (t) => {
  const dataDirectory = join(await createTemporaryDirectory(t), 'data');
  const server = await startEmbeddedPostgres({ dataDirectory, settings });
  t.after(() => server.stop());
  await assert.rejects(startEmbeddedPostgres({ dataDirectory, settings }), /lock file "postmaster.pid" already exists/);
  await server.stop();
});

test('ends with the process that started it, however that ends', async (t) => {
  const parent = await createTemporaryDirectory(t);
  await chmod(parent, 0o711);
  const program = fileURLToPath(new URL('embedded-postgres-program.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program, join(parent, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  assert.ok(existsSync(`/proc/${pid}`));
  child.kill('SIGKILL');
  await eventually(() => assert.equal(existsSync(join(parent, 'data', 'postmaster.pid')), false), {
    timeoutMs: 20_000,
  });
});
