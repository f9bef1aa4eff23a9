/**
 * `sluice user`, `acl` and `key` against the real state service on a real PostgreSQL: what people type, what they read, what
 * scripts get, and what goes wrong.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { sluiceCommand } from '@sluice/testkit/sluice-command.ts';
import { startStateServiceProcess } from '@sluice/testkit/state-service-process.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { within } from '@sluice/testkit/within.ts';

const password = 'correct horse battery staple';
const scope = { after };
const postgres = await startPostgres(scope);
const service = await startStateServiceProcess(scope, { databaseUrl: (await postgres.createDatabase()).url });

interface Calling {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line, split at spaces, with address and key from the environment. */
async function sluice(line: string, { input = '', env = {} }: Calling = {}): Promise<CommandResult> {
  return await runCommand(sluiceCommand, line.split(' '), {
    input,
    env: { SLUICE_STATE_URL: service.url, SLUICE_STATE_KEY: service.adminKey, ...env },
    timeoutMs: 20_000,
  });
}

async function succeed(line: string, calling?: Calling): Promise<string> {
  const { code, stdout, stderr } = await sluice(line, calling);
  assert.deepEqual([code, stderr], [0, ''], line);
  return stdout;
}

async function fail(line: string, code: number, calling?: Calling): Promise<string> {
  const result = await sluice(line, calling);
  assert.deepEqual([result.code, result.stdout], [code, ''], `${line}\n${result.stderr}`);
  return result.stderr;
}

async function json(line: string, calling?: Calling): Promise<readonly Record<string, unknown>[]> {
  const text = await succeed(`${line} --json`, calling);
  return text
    .trimEnd()
    .split('\n')
    .filter((item) => item !== '')
    .map((item) => JSON.parse(item) as Record<string, unknown>);
}

/** What REST says, so that no command vouches for itself. */
async function rest(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${service.adminKey}` } });
  return (await response.json()) as Record<string, unknown>;
}

async function post(path: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${service.adminKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${service.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 201, await response.text());
}

describe('sluice user', () => {
  it('creates a user with what was asked for and a password from standard input', async () => {
    await post('/v1/groups', { name: 'staff' });
    const line = 'user add alice --destinations rules --group staff --connections 20 --on-revoke disconnect';
    assert.equal(await succeed(line, { input: `${password}\n` }), 'created user alice\n');
    assert.partialDeepStrictEqual(await rest('/v1/users/alice'), {
      name: 'alice',
      enabled: true,
      destinations: 'Rules',
      groups: ['staff'],
      quota: { connections: 20 },
      onRevoke: 'Disconnect',
    });
    const { items } = await rest('/v1/users/alice/credentials');
    assert.ok(Array.isArray(items) && items.length === 1);
    assert.match(await fail('user add alice', 1, { input: 'x\n' }), /^sluice: .*alice.*\n$/);
  });

  it('says that nobody can log in before there is a password', async () => {
    const { code, stdout, stderr } = await sluice('user add nobody --no-password --disabled');
    assert.deepEqual([code, stdout], [0, 'created user nobody\n']);
    assert.match(stderr, /sluice user passwd nobody/);
    assert.deepEqual((await rest('/v1/users/nobody/credentials'))['items'], []);
  });

  it('sets passwords anew, or adds one to change over, with an end', async () => {
    await succeed('user add rotating', { input: `${password}\n` });
    const [first] = (await rest('/v1/users/rotating/credentials'))['items'] as { id: string }[];
    await succeed('user passwd rotating --keep --not-after 2030-01-01T00:00:00Z', { input: 'second\n' });
    const both = (await rest('/v1/users/rotating/credentials'))['items'] as { id: string; notAfter?: string }[];
    assert.equal(both.length, 2);
    assert.equal(Date.parse(both[1]?.notAfter ?? ''), Date.UTC(2030, 0, 1));
    assert.equal(await succeed('user passwd rotating', { input: 'third\n' }), 'set the password of user rotating\n');
    const last = (await rest('/v1/users/rotating/credentials'))['items'] as { id: string }[];
    assert.equal(last.length, 1);
    assert.notEqual(last[0]?.id, first?.id);
    assert.match(await fail('user passwd absent', 1, { input: 'x\n' }), /absent/);
  });

  it('takes the verifier of another system as it stands', async () => {
    const verifier = '$2b$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';
    await succeed('user add imported --verifier', { input: `${verifier}\n` });
    assert.equal((await json('user show imported'))[0]?.['user'] !== undefined, true);
    const [credential] = (await rest('/v1/users/imported/credentials'))['items'] as { kind: string }[];
    assert.equal(credential?.kind, 'bcrypt');
    const complaint = await fail('user passwd imported --verifier', 1, { input: '$md5$nonsense\n' });
    assert.match(complaint, /^sluice: .*\/verifier: is not a verifier that is supported \(.+\)\n$/);
    assert.ok(!complaint.includes('nonsense'));
  });

  it('shows a user with its credentials and rules, as a text and for programs', async () => {
    await succeed('user add shown', { input: `${password}\n` });
    await succeed('acl add --user shown --cidr 10.0.0.0/8 --port 443 --comment office');
    const text = await succeed('user show shown');
    assert.match(text, /^name +shown$/m);
    assert.match(text, /^ID +KIND +NOT-AFTER +CREATED$/m);
    assert.match(text, / argon2id +never /);
    assert.match(text, / user shown +any +10\.0\.0\.0\/8 +443 +office$/m);
    const [object] = await json('user show shown');
    assert.deepEqual(Object.keys(object ?? {}), ['user', 'credentials', 'rules']);
    assert.ok(!text.includes('$') && !JSON.stringify(object).includes('$'));
  });

  it('switches a user off and on, and deletes it, in the version named or in any', async () => {
    await succeed('user add switched', { input: `${password}\n` });
    assert.equal(await succeed('user disable switched'), 'disabled user switched\n');
    assert.equal((await rest('/v1/users/switched'))['enabled'], false);
    assert.equal(await succeed('user enable switched'), 'enabled user switched\n');
    const { enabled, version } = await rest('/v1/users/switched');
    assert.equal(enabled, true);
    assert.match(
      await fail(`user rm switched --if-version ${Number(version) - 1}`, 1),
      /somebody changed it meanwhile/,
    );
    await succeed(`user rm switched --if-version ${String(version)}`);
    assert.equal((await rest('/v1/users/switched'))['status'], 404);
    assert.match(await fail('user rm switched', 1), /switched/);
  });

  it('lists every page, filtered, as a table and as lines', async () => {
    const lines = Array.from({ length: 1201 }, (_, index) => {
      const name = `bulk-${String(index).padStart(4, '0')}`;
      return JSON.stringify({ kind: 'User', user: { name, enabled: index % 2 === 0 } });
    });
    const headers = { authorization: `Bearer ${service.adminKey}`, 'content-type': 'application/x-ndjson' };
    const response = await fetch(`${service.url}/v1/import`, { method: 'POST', headers, body: lines.join('\n') });
    assert.match(await response.text(), /"created":1201/);
    const all = await json('user list --prefix bulk-');
    assert.equal(all.length, 1201);
    for (const [index, { name }] of all.entries()) assert.equal(name, `bulk-${String(index).padStart(4, '0')}`);
    assert.equal((await json('user list --prefix bulk- --disabled')).length, 600);
    const table = (await succeed('user list --prefix bulk-')).trimEnd().split('\n');
    assert.equal(table.length, 1202);
    assert.match(table[0] ?? '', /^NAME +ENABLED +DESTINATIONS/);
    assert.match(table[1201] ?? '', /^bulk-1200 +yes +Public +- +- +Keep +/);
    const { stdout, stderr } = await sluice('user list --prefix none-such');
    assert.deepEqual([stdout, stderr], ['', 'sluice: no users\n']);
    assert.deepEqual(await json('user list --prefix none-such'), []);
  });

  it('refuses an empty password and one that no client can send, before anything is changed', async () => {
    assert.match(await fail('user add unlucky', 64, { input: '\n' }), /the password is empty/);
    assert.match(await fail('user add unlucky', 64, { input: `${'ä'.repeat(200)}\n` }), /longer than 255 bytes/);
    assert.equal((await rest('/v1/users/unlucky'))['status'], 404);
  });
});

describe('sluice acl', () => {
  it('adds, lists and withdraws rules of users and groups', async () => {
    await post('/v1/users', { name: 'ruled', destinations: 'Rules' });
    await post('/v1/groups', { name: 'ruled-group' });
    const [rule] = await json('acl add --user ruled --domain *.example.com --domain a.example --port 80 --port 443');
    assert.deepEqual(
      [rule?.['domains'], rule?.['ports']],
      [
        ['*.example.com', 'a.example'],
        [80, 443],
      ],
    );
    assert.match(await succeed('acl add --group ruled-group --cidr 10.0.0.0/8'), /^added rule \S+\n$/);
    assert.match(await succeed('acl list --user ruled'), /user ruled +\*\.example\.com a\.example +any +80 443 +-\n$/);
    assert.equal((await json('acl list --group ruled-group')).length, 1);
    await succeed(`acl rm ${String(rule?.['id'])}`);
    assert.deepEqual(await json('acl list --user ruled'), []);
  });

  it('says of each field what is wrong with it, one a line', async () => {
    const complaint = await fail('acl add --user ruled --cidr 10.0.0.1/8 --domain bad_host..', 1);
    const lines = complaint.trimEnd().split('\n');
    assert.ok(lines.length >= 2, complaint);
    for (const line of lines) assert.match(line, /^sluice: \/(?:cidrs|domains)\/0: .+/);
    assert.match(await fail('acl add --user absent-user --port 80', 1), /absent-user/);
  });
});

describe('sluice key', () => {
  it('prints a new key once, alone on standard output, and it works', async (t) => {
    const { code, stdout, stderr } = await sluice('key create ci --scope users:read --comment pipeline');
    assert.equal(code, 0);
    assert.match(stdout, /^slc_\S+\n$/);
    assert.match(stderr, /^sluice: key \S+ of ci; it is shown this once:\n$/);
    const keyFile = join(await createTemporaryDirectory(t), 'key');
    await writeFile(keyFile, stdout, { mode: 0o600 });
    const line = `user list --state ${service.url} --key-file ${keyFile} --prefix no`;
    assert.match((await runCommand(sluiceCommand, line.split(' '))).stdout, /^NAME/);
    const forbidden = await fail('user rm alice', 1, { env: { SLUICE_STATE_KEY: stdout.trim() } });
    assert.match(forbidden, /\(use a key with the scope for it\)/);
    const shown = await succeed('user show alice', { env: { SLUICE_STATE_KEY: stdout.trim() } });
    assert.match(shown, /credentials: the key may not read them/);
  });

  it('rotates and revokes', async () => {
    const created = await sluice('key create rotating --scope users:read --json');
    const { id, key } = JSON.parse(created.stdout) as { readonly id: string; readonly key: string };
    const { stdout, stderr } = await sluice(`key rotate ${id}`);
    assert.match(stdout, /^slc_\S+\n$/);
    assert.ok(stderr.includes(`sluice key revoke ${id}`), stderr);
    assert.equal(await succeed(`key revoke ${id}`), `revoked key ${id}\n`);
    const live = await json('key list --client rotating --live');
    assert.equal(live.length, 1);
    assert.equal((await json('key list --client rotating')).length, 2);
    assert.ok(!(await succeed('key list')).includes('slc_'));
    const revoked = await fail('user list', 1, { env: { SLUICE_STATE_KEY: key } });
    assert.match(revoked, /the key may have been revoked/);
  });
});

describe('what can go wrong', () => {
  it('is a mistake of usage without an address or a key', async () => {
    assert.match(await fail('user list', 64, { env: { SLUICE_STATE_URL: '' } }), /SLUICE_STATE_URL/);
    assert.match(await fail('user list', 64, { env: { SLUICE_STATE_KEY: '' } }), /--key-file/);
    assert.match(await fail('user list --state ftp://a', 64), /--state is no http or https address/);
    const withPassword = await fail('user list --state http://u:secret@127.0.0.1', 64);
    assert.ok(!withPassword.includes('secret'));
    assert.match(await fail('user add alice secret-word', 64), /a password is not taken from the command line/);
  });

  it('is exit code 2 when the key file cannot be read or holds no key', async (t) => {
    assert.match(await fail('user list --key-file /nonexistent/key', 2), /cannot read the key file .*ENOENT/);
    const keyFile = join(await createTemporaryDirectory(t), 'key');
    await writeFile(keyFile, 'two words\n');
    const complaint = await fail(`user list --key-file ${keyFile}`, 2);
    assert.match(complaint, /does not hold an API key/);
    assert.ok(!complaint.includes('two words'));
  });

  it('is said at once when nobody listens, or something else does', async (t) => {
    const { port } = await findRefusingPort();
    const refused = await fail(`user list --state http://127.0.0.1:${port}`, 1);
    assert.match(refused, /cannot reach the state service at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    const other = await openServer(
      t,
      createServer((request, response) =>
        response.writeHead(request.url === '/moved/v1/users' ? 302 : 200).end('hello'),
      ),
    );
    assert.match(await fail(`user list --state http://127.0.0.1:${other.port}`, 1), /in a form that is not known here/);
  });

  it('never sends the key where a redirection leads', async (t) => {
    const seen: (string | undefined)[] = [];
    const thief = await openServer(
      t,
      createServer((request, response) => {
        seen.push(request.headers.authorization);
        response.end('{}');
      }),
    );
    const location = `http://127.0.0.1:${thief.port}/`;
    const other = await openServer(
      t,
      createServer((_request, response) => response.writeHead(307, { location }).end()),
    );
    await fail(`user list --state http://127.0.0.1:${other.port}`, 1);
    assert.deepEqual(seen, []);
  });

  it('is waited for when the service is only busy', async (t) => {
    let requests = 0;
    const busy = await openServer(
      t,
      createServer((_request, response) => {
        requests += 1;
        if (requests > 2) return response.end('{"items":[]}');
        const problem = { type: 'urn:sluice:problem:overloaded', title: 't', status: 503, detail: 'd', requestId: 'r' };
        return response.writeHead(503, { 'retry-after': '0' }).end(JSON.stringify(problem));
      }),
    );
    const { code, stderr } = await sluice(`user list --state http://127.0.0.1:${busy.port}`);
    assert.deepEqual([code, stderr, requests], [0, 'sluice: no users\n', 3]);
  });

  it('keeps passwords, verifiers and keys out of the log of the service', () => {
    const log = JSON.stringify([service.process.logs(), service.process.strays]);
    for (const secret of [password, service.adminKey, service.adminKey.split('_')[2] ?? '', '$argon2id$', '$2b$']) {
      assert.ok(secret !== '' && !log.includes(secret), secret);
    }
  });
});

const withoutScript = hasCommand('script') ? false : 'not installed: script (bsdutils)';

/** A terminal with the command on it; what is typed is sent when the prompt for it is there. */
async function atTerminal(
  t: TestContext,
  line: string,
  dialogue: readonly (readonly [prompt: string, typed: string])[],
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const child = spawn('script', ['-qec', `${sluiceCommand} ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: systemPath, SHELL: '/bin/sh', SLUICE_STATE_URL: service.url, SLUICE_STATE_KEY: service.adminKey },
  });
  t.after(() => {
    child.kill('SIGKILL');
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  for (const [prompt, typed] of dialogue) {
    await eventually(() => assert.ok(screen.endsWith(prompt), screen), { timeoutMs: 20_000 });
    child.stdin.write(typed);
  }
  return { code: await within(20_000, 'the end of the command', ended), screen };
}

describe('at a terminal', { skip: withoutScript }, () => {
  it('asks for the password twice and shows nothing of it', async (t) => {
    await post('/v1/users', { name: 'typed' });
    const { code, screen } = await atTerminal(t, 'user passwd typed', [
      ['Password: ', `${password}\r`],
      ['Password again: ', `${password}\r`],
    ]);
    assert.equal(code, 0, screen);
    assert.equal(screen.replaceAll('\r', ''), 'Password: \nPassword again: \nset the password of user typed\n');
    assert.equal(((await rest('/v1/users/typed/credentials'))['items'] as unknown[]).length, 1);
  });

  it('changes nothing when the two differ', async (t) => {
    const { code, screen } = await atTerminal(t, 'user add mistyped', [
      ['Password: ', 'one\r'],
      ['Password again: ', 'two\r'],
    ]);
    assert.equal(code, 64, screen);
    assert.match(screen, /the two are not the same; nothing was changed/);
    assert.equal((await rest('/v1/users/mistyped'))['status'], 404);
  });

  for (const [name, key] of [
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ] as const) {
    it(`ends at ${name} instead of an answer, and leaves the terminal as it was`, async (t) => {
      const { code, screen } = await atTerminal(t, 'user add interrupted', [['Password: ', key]]);
      assert.equal(code, 1, screen);
      assert.match(screen, /no answer was given; nothing was changed/);
    });
  }
});
