/**
 * `make run`: every command it prints does what is printed behind it, and nothing is left when it ends. The commands are
 * taken from its output; what they must answer stands here.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { type JsonLine, JsonLines } from '@sluice/testkit/json-lines.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { sluiceCommand } from '@sluice/testkit/sluice-command.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { within } from '@sluice/testkit/within.ts';

const root = join(dirname(sluiceCommand), '../../..');
const places = ['EDGE', 'FORWARD', 'PROBE', 'ADMIN', 'WEB', 'API', 'SHELL', 'SITE', 'STATE'] as const;
const anyPorts = Object.fromEntries(places.map((place) => [`QUICKSTART_${place}_PORT`, '0']));
const missing = ['curl', 'openssl', 'nc'].filter((name) => !hasCommand(name));
const skip = missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;

interface Quickstart {
  readonly log: JsonLines;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
  readonly interrupt: () => void;
}

interface QuickstartOptions {
  /** The data of the state service. */
  readonly data: string;
  readonly ports?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

function startQuickstart(scope: CleanupScope, { data, ports = anyPorts, uid }: QuickstartOptions): Quickstart {
  const child = spawn(process.execPath, ['examples/quickstart.ts'], {
    cwd: root,
    env: { PATH: systemPath, QUICKSTART_DATA: data, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const log = new JsonLines(child.stdout);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  scope.after(async () => {
    child.kill('SIGTERM');
    await within(20_000, 'the end of the quickstart', ended);
  });
  return { log, stderr: () => stderr, ended, interrupt: () => child.kill('SIGINT') };
}

/** What was printed, once all of it was: comments and commands. Rejects when it ends before. */
async function printedLines(quickstart: Quickstart): Promise<readonly string[]> {
  const isPrinted = (): boolean => quickstart.log.strays.some((line) => line.includes('Ctrl-C ends all'));
  const printed = eventually(() => assert.ok(isPrinted(), quickstart.stderr()), { timeoutMs: 40_000 });
  const ended = quickstart.ended.then(() => assert.ok(isPrinted(), `it has ended: ${quickstart.stderr()}`));
  await Promise.race([printed, ended]);
  return quickstart.log.strays;
}

async function run(command: string): Promise<CommandResult> {
  return await runCommand('/bin/sh', ['-c', command], { cwd: root, timeoutMs: 15_000 });
}

/** What a command must do: what it prints, its exit code, and route and reason in the access log. */
interface Expected {
  readonly stdout: RegExp;
  readonly stderr?: RegExp;
  readonly code?: number;
  readonly access?: readonly [route: string | null, reason: RegExp];
}

const finished = /^Finished$/u;
// A TLS client has closed its socket when the other side's close_notify comes, and then its kernel answers with a reset.
const over = /^(?:Finished|ClientReset)$/u;
// curl keeps the connection for a next request and goes without one.
const gone = /^(?:Finished|ClientGone)$/u;

const expectations: readonly Expected[] = [
  { stdout: /^origin web: GET \/hello HTTP\/2\.0\n$/u, access: ['web', over] },
  { stdout: /Verify return code: 0 \(ok\)/u, access: ['web', over] },
  { stdout: /^origin api: GET \/hello HTTP\/2\.0\n$/u, access: ['api', over] },
  { stdout: /^$/u, stderr: /^curl: \(35\)/u, code: 35, access: ['rest', /^Banned$/u] },
  { stdout: /^SSH-2\.0-origin_shell\r\n$/u, access: ['shell', finished] },
  { stdout: /^origin site: GET \/hello\n$/u, access: ['site', finished] },
  { stdout: /^what is this\?\n$/u, access: ['echo', finished] },
  { stdout: /^200\n$/u, access: ['health', gone] },
  { stdout: /^origin site: GET \/by-socks\n$/u, access: ['socks', finished] },
  { stdout: /^$/u, stderr: /^curl: \(97\)/u, code: 97, access: ['socks', /^AuthFailed$/u] },
  { stdout: /^origin site: GET \/by-connect\n$/u, access: ['connect', finished] },
  { stdout: /^407\n$/u, stderr: /407/u, code: 56, access: ['connect', /^AuthFailed$/u] },
  { stdout: /^403\n$/u, stderr: /403/u, code: 56, access: ['connect', /^NotAllowed$/u] },
  { stdout: /^$/u, access: [null, /^NoRoute$/u] },
  { stdout: /^$/u, access: [null, /^DetectTimeout$/u] },
  { stdout: /^created user alice\n$/u },
  { stdout: /^added rule \S+\n$/u },
  { stdout: /^origin site: GET \/by-alice\n$/u, access: ['socks', finished] },
  { stdout: /^origin site: GET \/by-alice\n$/u, access: ['connect', finished] },
  { stdout: /^disabled user alice\n$/u },
  { stdout: /^$/u, stderr: /^curl: \(97\)/u, code: 97, access: ['socks', /^AuthFailed$/u] },
  { stdout: /^407\n$/u, stderr: /407/u, code: 56, access: ['connect', /^AuthFailed$/u] },
  { stdout: /^deleted user alice\n$/u },
  { stdout: /^users .*\bLive\b/imu },
  { stdout: /^\{"ready":true\}\s*$/u },
  { stdout: /^sluice_connections_accepted_total\{listener="edge"\} [1-9]/mu },
  // The file alone has no message system: only the all-in-one brings one along.
  { stdout: /^listeners:\n {2}- name: edge\n/mu, stderr: /^examples\/quickstart\.yaml:\d+:\d+: control has no nats/u },
  { stdout: /^$/u },
];

async function check(command: string, expected: Expected, log: JsonLines): Promise<void> {
  const from = log.position;
  const { stdout, stderr, code, timedOut } = await run(command);
  const shown = `${command}\n${stdout}\n${stderr}`;
  assert.equal(timedOut, false, shown);
  assert.match(stdout, expected.stdout, shown);
  assert.match(stderr, expected.stderr ?? /^$/u, shown);
  assert.equal(code, expected.code ?? 0, shown);
  if (expected.access === undefined) return;
  const line = await log.waitFor((candidate) => candidate['msg'] === 'connection', { from });
  assert.equal(line['route'], expected.access[0], shown);
  assert.match(String(line['reason']), expected.access[1], shown);
}

test('each printed command answers what is printed behind it', { skip }, async (t) => {
  const quickstart = startQuickstart(t, { data: await createTemporaryDirectory(t) });
  const lines = await printedLines(quickstart);
  const commands = lines.filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(commands.length, expectations.length, commands.join('\n'));
  for (const [index, expected] of expectations.entries()) await check(commands[index] ?? '', expected, quickstart.log);
  await quickstart.log.waitFor((line) => line['msg'] === 'reloaded');
});

test('Ctrl-C ends all of it and removes what was made, but not the data', { skip }, async (t) => {
  const data = await createTemporaryDirectory(t);
  const quickstart = startQuickstart(t, { data });
  const lines = await printedLines(quickstart);
  const certificate = /--cacert (\S+)/u.exec(lines.join('\n'))?.[1] ?? '';
  assert.ok(existsSync(certificate), certificate);
  const ready: JsonLine = await quickstart.log.waitFor((line) => line['msg'] === 'ready');
  quickstart.interrupt();
  assert.equal(await within(20_000, 'the end of the quickstart', quickstart.ended), 0);
  assert.equal(quickstart.log.last?.['msg'], 'stopped');
  assert.ok(existsSync(join(data, 'postgres/PG_VERSION')));
  assert.equal(existsSync(join(data, 'postgres/postmaster.pid')), false);
  assert.throws(() => process.kill(Number(ready['pid']), 0), { code: 'ESRCH' });
  assert.equal(existsSync(dirname(certificate)), false);
});

/** The commands that make alice and use her through SOCKS5: the first three that name her. */
async function commandsOfAlice(quickstart: Quickstart): Promise<readonly string[]> {
  const lines = await printedLines(quickstart);
  return lines.filter((line) => !line.startsWith('#') && line.includes('alice')).slice(0, 3);
}

test('users outlive the process: a second run on the same data accepts them', { skip }, async (t) => {
  const data = await createTemporaryDirectory(t);
  const first = startQuickstart(t, { data });
  for (const command of (await commandsOfAlice(first)).slice(0, 2)) {
    const { code, stderr } = await run(command);
    assert.equal(code, 0, stderr);
  }
  first.interrupt();
  assert.equal(await within(20_000, 'the end of the quickstart', first.ended), 0);
  // The rule names the port of the origin.
  const site = first.log.strays.map((line) => /:(\d+)\/by-alice/u.exec(line)?.[1]).find((port) => port !== undefined);
  const second = startQuickstart(t, { data, ports: { ...anyPorts, QUICKSTART_SITE_PORT: site ?? '' } });
  const use = (await commandsOfAlice(second))[2] ?? '';
  assert.match((await run(use)).stdout, /^origin site: GET \/by-alice\n$/u);
});

test('two on the same data: the second ends and says how to have two', { skip }, async (t) => {
  const data = await createTemporaryDirectory(t);
  const first = startQuickstart(t, { data });
  await printedLines(first);
  const second = startQuickstart(t, { data });
  assert.equal(await within(40_000, 'the end of the second', second.ended), 1);
  assert.match(second.stderr(), /postmaster\.pid.*\n(?:.*\n)*.*QUICKSTART_DATA=DIRECTORY make run/u);
  assert.equal((await run((await commandsOfAlice(first))[0] ?? '')).code, 0);
});

const nobody = 65_534;
const withoutRoot = process.getuid?.() === 0 ? skip : 'the other tests run without root already';

test('needs no root', { skip: withoutRoot }, async (t) => {
  const data = await createTemporaryDirectory(t);
  await chown(data, nobody, nobody);
  const quickstart = startQuickstart(t, { data, uid: nobody });
  for (const command of await commandsOfAlice(quickstart)) {
    const { code, stderr } = await run(command);
    assert.equal(code, 0, stderr);
  }
});

for (const [place, what] of [
  ['EDGE', /listener "edge" cannot bind/u],
  ['SITE', /site origin/u],
  ['STATE', /127\.0\.0\.1:\d+/u],
] as const) {
  test(`a taken ${place} port is named together with the variable that moves it`, { skip }, async (t) => {
    const taken = await openServer(t, createServer());
    const variable = `QUICKSTART_${place}_PORT`;
    const ports = { ...anyPorts, [variable]: String(taken.port) };
    const quickstart = startQuickstart(t, { data: await createTemporaryDirectory(t), ports });
    assert.equal(await within(20_000, 'the end of the quickstart', quickstart.ended), 1);
    assert.match(quickstart.stderr(), what);
    assert.match(quickstart.stderr(), /EADDRINUSE/u);
    assert.ok(quickstart.stderr().includes(`${variable}=0 make run`), quickstart.stderr());
    assert.doesNotMatch(quickstart.stderr(), /^ +at /mu);
  });
}

test('a variable that is no port is refused', async (t) => {
  const ports = { ...anyPorts, QUICKSTART_EDGE_PORT: 'https' };
  const quickstart = startQuickstart(t, { data: await createTemporaryDirectory(t), ports });
  assert.equal(await within(20_000, 'the end of the quickstart', quickstart.ended), 1);
  assert.match(quickstart.stderr(), /QUICKSTART_EDGE_PORT=https is not a port/u);
});
