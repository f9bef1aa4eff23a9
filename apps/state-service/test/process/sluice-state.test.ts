import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { createSelfSignedCertificate } from '@sluice/testkit/self-signed-certificate.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { Client } from 'pg';
import { ApiClient } from '../service/api-client.ts';
import { startOnDatabase, startState, stateCommand } from './state-process.ts';

const postgres = await startPostgres({ after });

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(stateCommand, args, { env: { PATH: systemPath, ...env }, timeout: 30_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

test('a mistyped command is 64 with the usage, a file that is not there 2 with its name', async (t) => {
  const usage = await run(['serve']);
  assert.equal(usage.code, 64);
  assert.match(usage.err, /unknown command "serve"[\s\S]*usage: sluice-state/);
  const { url } = await postgres.createDatabase();
  const env = { SLUICE_STATE_DATABASE_URL: url };
  const missing = await run(['run', '--pepper-file', '/nowhere/pepper'], env);
  assert.deepEqual([missing.code, missing.out], [2, '']);
  assert.match(missing.err, /\/nowhere\/pepper/);
  const pepper = join(await createTemporaryDirectory(t), 'pepper');
  await writeFile(pepper, 'short');
  assert.equal((await run(['run', '--pepper-file', pepper], env)).code, 2);
  await writeFile(pepper, 'long enough to be a pepper of thirty-two bytes');
  const canary = 'postgrex://user:canary@host/db';
  const wrong = await run(['run', '--pepper-file', pepper], { SLUICE_STATE_DATABASE_URL: canary });
  assert.equal(wrong.code, 2);
  assert.ok(!wrong.err.includes('canary'));
});

test('a port that is taken is 1 with the listener', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => void taken.close());
  const bound = taken.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const { url } = await postgres.createDatabase();
  const pepper = join(await createTemporaryDirectory(t), 'pepper');
  await writeFile(pepper, 'long enough to be a pepper of thirty-two bytes');
  const ended = await run(['run', '--pepper-file', pepper, '--listen', `127.0.0.1:${port}`], {
    SLUICE_STATE_DATABASE_URL: url,
  });
  assert.equal(ended.code, 1);
  assert.match(ended.err, new RegExp(`listen 127\\.0\\.0\\.1:${port}: EADDRINUSE`));
});

test('migrate brings a database forward and back', async () => {
  const { url, name } = await postgres.createDatabase();
  const env = { SLUICE_STATE_DATABASE_URL: url };
  assert.equal((await run(['migrate'], env)).code, 0);
  const tables = await postgres.run("SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public'", name);
  assert.ok(Number(tables[0]?.['count']) > 5);
  assert.equal((await run(['migrate', '--back', '1000'], env)).code, 0);
  const left = await postgres.run("SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public'", name);
  assert.deepEqual(left, [{ count: 1 }]);
});

test('new-key prints a key that a service takes as its first', async (t) => {
  const { url } = await postgres.createDatabase();
  const { code, out } = await run(['new-key']);
  assert.equal(code, 0);
  assert.match(out, /^slc_[A-Za-z0-9_]+\n$/);
  const file = join(await createTemporaryDirectory(t), 'key');
  await writeFile(file, out);
  const service = await startOnDatabase(t, url, ['--bootstrap-key-file', file]);
  const client = await ApiClient.connect(service.url, out.trim());
  await client.expect(200, 'GET', '/v1/users');
  assert.equal(service.stderr, '');
});

test('with a certificate it speaks HTTPS, and a key of another certificate is 2', async (t) => {
  const { url: databaseUrl } = await postgres.createDatabase();
  const own = await createSelfSignedCertificate(t, ['localhost']);
  const other = await createSelfSignedCertificate(t, ['localhost']);
  const directory = await createTemporaryDirectory(t);
  const [keyFile, wrongFile, pepper] = ['key', 'wrong', 'pepper'].map((name) => join(directory, name));
  assert.ok(keyFile !== undefined && wrongFile !== undefined && pepper !== undefined);
  await writeFile(keyFile, own.key);
  await writeFile(wrongFile, other.key);
  await writeFile(pepper, 'long enough to be a pepper of thirty-two bytes');
  const service = await startOnDatabase(t, databaseUrl, ['--tls-cert', own.certPath, '--tls-key', keyFile]);
  assert.match(service.url, /^https:/);
  const curl = await runCommand('curl', [
    '--silent',
    '--cacert',
    own.certPath,
    service.url.replace('127.0.0.1', 'localhost') + '/readyz',
  ]);
  assert.equal(curl.stdout, '{"status":"Ready"}', curl.stderr);
  const args = ['run', '--pepper-file', pepper, '--tls-cert', own.certPath, '--tls-key', wrongFile];
  const refused = await run(args, { SLUICE_STATE_DATABASE_URL: databaseUrl });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /is not the private key of/);
});

test('SIGTERM lets the request that is worked on end, answers no new one, and ends with 0', async (t) => {
  const { url } = await postgres.createDatabase();
  const service = await startOnDatabase(t, url, ['--admin-listen', '127.0.0.1:0']);
  const admin = String(service.ready['admin']);
  assert.equal((await fetch(`${admin}/readyz`)).status, 200);
  assert.equal((await fetch(`${service.url}/metrics`)).status, 404);
  const client = await ApiClient.connect(service.url, await service.firstKey());
  const holder = new Client({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  const worked = client.post('/v1/users', { name: 'last' });
  await eventually(async () => {
    const waiting = await postgres.run('SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted');
    assert.equal(waiting[0]?.['count'], 1);
  });
  const stopped = service.stop();
  await eventually(async () => assert.equal((await fetch(`${admin}/readyz`)).status, 503));
  await assert.rejects(fetch(`${service.url}/healthz`));
  await holder.end();
  assert.equal((await worked).headers.get('connection'), 'close');
  assert.equal(await stopped, 0);
  assert.deepEqual(
    service.log.all(({ msg }) => msg === 'stopped').map(({ cut }) => cut),
    [0],
  );
  assert.deepEqual(service.log.strays, []);
});

test('a request that does not end is cut when the drain is over', async (t) => {
  const { url } = await postgres.createDatabase();
  const service = await startOnDatabase(t, url, ['--drain', '1']);
  const { hostname, port } = new URL(service.url);
  const headers = { authorization: `Bearer ${await service.firstKey()}`, 'content-type': 'application/x-ndjson' };
  const hanging = request({ hostname, port, method: 'POST', path: '/v1/import', headers });
  hanging.on('error', () => {});
  hanging.write('{"kind":"Group","group":{"name":"half"}}\n');
  await eventually(async () => {
    assert.match(await (await fetch(`${service.url}/metrics`)).text(), /^sluice_state_requests_active 1$/m);
  });
  assert.equal(await service.stop(), 0);
  assert.deepEqual(
    service.log.all(({ msg }) => msg === 'stopped').map(({ cut }) => cut),
    [1],
  );
});

test('no password, key or verifier is in a log, a metric or an answer, whatever is done with it', async (t) => {
  const { url } = await postgres.createDatabase();
  const service = await startOnDatabase(t, url, ['--log-level', 'debug']);
  const adminKey = await service.firstKey();
  const client = await ApiClient.connect(service.url, adminKey);
  const password = 'canary-password-4711';
  const verifier = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
  const created = await client.post('/v1/api-keys', { client: 'canary', scopes: ['read'] });
  const { key } = created.body;
  await client.post('/v1/users', { name: 'canary' });
  const path = '/v1/users/canary/credentials';
  const answers = [
    await client.post(path, { password }),
    await client.post(path, { verifier }),
    await client.ask('POST', path, { body: { password, verifier } }),
    await client.ask('POST', path, { body: { verifier: password } }),
    await client.ask('POST', path, { body: { passwort: password } }),
    await client.ask('POST', path, {
      body: `{"password":"${password}`,
      headers: { 'content-type': 'application/json' },
    }),
    await client.ask('POST', path, { body: password, headers: { 'content-type': 'text/plain' } }),
    await client.ask('PUT', path, { body: { credentials: [{ password }] }, headers: { 'if-match': '"1"' } }),
    await client.ask('POST', '/v1/users', { body: { name: 'canary', password } }),
    await client.ask('POST', '/v1/import', {
      body: `{"kind":"User","user":{"name":"x"},"credentials":[{"bcrypt":"${password}"},{"argon2id":"${verifier}"}]}`,
      headers: { 'content-type': 'application/x-ndjson' },
    }),
    await client.withKey(`${key}x`).ask('GET', '/v1/users'),
    await client.withKey(key).ask('POST', '/v1/users', { body: { name: 'y' } }),
    await client.ask('GET', '/v1/audit'),
    await client.ask('GET', '/v1/export'),
    await client.ask('GET', path),
  ];
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  await service.stop();
  const log = service.log.all().map((line) => JSON.stringify(line));
  const said = [...answers.map(({ text }) => text), metrics, ...log, ...service.log.strays].join('\n');
  assert.ok(log.length > answers.length, 'the log has a line for each request');
  for (const secret of [
    password,
    verifier,
    verifier.slice(29),
    key.slice(21, 64),
    adminKey.slice(21, 64),
    '$argon2id$',
  ]) {
    assert.ok(!said.includes(secret), `${secret.slice(0, 8)}… was written somewhere`);
  }
});

test('with a PostgreSQL of its own it starts, keeps what it was told, and starts again', async (t) => {
  const data = join(await createTemporaryDirectory(t), 'state');
  const first = await startState(t, ['--embedded-postgres', data]);
  const key = await first.firstKey();
  const client = await ApiClient.connect(first.url, key);
  await client.post('/v1/users', { name: 'kept' });
  assert.equal(await first.stop(), 0);
  assert.ok((await readFile(join(data, 'pepper'))).length > 32);
  const second = await startState(t, ['--embedded-postgres', data]);
  assert.equal(second.stderr, '', 'no second first key');
  await (await ApiClient.connect(second.url, key)).expect(200, 'GET', '/v1/users/kept');
  assert.equal(await second.stop(), 0);
});
