/**
 * `make run`: every command it prints does what is printed behind it, and nothing is left when it ends. The commands are
 * taken from its output; what they must answer stands here.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
import { within } from '@sluice/testkit/within.ts';

const root = join(dirname(sluiceCommand), '../../..');
const places = ['EDGE', 'FORWARD', 'PROBE', 'ADMIN', 'WEB', 'API', 'SHELL', 'SITE'] as const;
const anyPorts = Object.fromEntries(places.map((place) => [`QUICKSTART_${place}_PORT`, '0']));
const missing = ['curl', 'openssl', 'nc'].filter((name) => !hasCommand(name));
const skip = missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;

interface Quickstart {
  readonly log: JsonLines;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
  readonly interrupt: () => void;
}

function startQuickstart(scope: CleanupScope, ports: Readonly<Record<string, string>>): Quickstart {
  const child = spawn(join(root, 'node_modules/.bin/node'), ['examples/quickstart.ts'], {
    cwd: root,
    env: { PATH: systemPath, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
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
    await within(10_000, 'the end of the quickstart', ended);
  });
  return { log, stderr: () => stderr, ended, interrupt: () => child.kill('SIGINT') };
}

/** What was printed, once all of it was: comments and commands. */
async function printedLines(quickstart: Quickstart): Promise<readonly string[]> {
  return await eventually(
    () => {
      assert.ok(
        quickstart.log.strays.some((line) => line.includes('Ctrl-C ends all')),
        quickstart.stderr(),
      );
      return quickstart.log.strays;
    },
    { timeoutMs: 20_000 },
  );
}

async function run(command: string): Promise<CommandResult> {
  return await runCommand('/bin/sh', ['-c', command], { cwd: root, timeoutMs: 8_000 });
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
  { stdout: /^\{"ready":true\}\s*$/u },
  { stdout: /^sluice_connections_accepted_total\{listener="edge"\} [1-9]/mu },
  { stdout: /^listeners:\n {2}- name: edge\n/mu },
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
  const quickstart = startQuickstart(t, anyPorts);
  const lines = await printedLines(quickstart);
  const commands = lines.filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(commands.length, expectations.length, commands.join('\n'));
  for (const [index, expected] of expectations.entries()) await check(commands[index] ?? '', expected, quickstart.log);
  await quickstart.log.waitFor((line) => line['msg'] === 'reloaded');
});

test('Ctrl-C ends the proxy and removes what was made', { skip }, async (t) => {
  const quickstart = startQuickstart(t, anyPorts);
  const lines = await printedLines(quickstart);
  const certificate = /--cacert (\S+)/u.exec(lines.join('\n'))?.[1] ?? '';
  assert.ok(existsSync(certificate), certificate);
  const ready: JsonLine = await quickstart.log.waitFor((line) => line['msg'] === 'ready');
  quickstart.interrupt();
  assert.equal(await within(10_000, 'the end of the quickstart', quickstart.ended), 0);
  assert.equal(quickstart.log.last?.['msg'], 'stopped');
  assert.throws(() => process.kill(Number(ready['pid']), 0), { code: 'ESRCH' });
  assert.equal(existsSync(dirname(certificate)), false);
});

for (const [place, what] of [
  ['EDGE', /listener "edge" cannot bind/u],
  ['SITE', /site origin/u],
] as const) {
  test(`a taken ${place} port is named together with the variable that moves it`, { skip }, async (t) => {
    const taken = await openServer(t, createServer());
    const variable = `QUICKSTART_${place}_PORT`;
    const quickstart = startQuickstart(t, { ...anyPorts, [variable]: String(taken.port) });
    assert.equal(await within(20_000, 'the end of the quickstart', quickstart.ended), 1);
    assert.match(quickstart.stderr(), what);
    assert.match(quickstart.stderr(), /EADDRINUSE/u);
    assert.ok(quickstart.stderr().includes(`${variable}=0 make run`), quickstart.stderr());
    assert.doesNotMatch(quickstart.stderr(), /^ +at /mu);
  });
}

test('a variable that is no port is refused', async (t) => {
  const quickstart = startQuickstart(t, { ...anyPorts, QUICKSTART_EDGE_PORT: 'https' });
  assert.equal(await within(20_000, 'the end of the quickstart', quickstart.ended), 1);
  assert.match(quickstart.stderr(), /QUICKSTART_EDGE_PORT=https is not a port/u);
});
