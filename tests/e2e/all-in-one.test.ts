/**
 * Proxy and state service in one process, on a configuration of the test: with a NATS server in the file users take the way over
 * that server; without one, through memory. When its PostgreSQL is gone, all of it ends.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { forwardProtocols, openTunnel } from '@sluice/testkit/forward-tunnel.ts';
import { JsonLines } from '@sluice/testkit/json-lines.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { sluiceCommand } from '@sluice/testkit/sluice-command.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { within } from '@sluice/testkit/within.ts';

const program = join(dirname(sluiceCommand), '../../../examples/all-in-one/main.ts');
const startTimeoutMs = 40_000;
const password = 'correct horse';

interface AllInOne {
  readonly data: string;
  readonly edge: { readonly host: string; readonly port: number };
  readonly admin: string;
  readonly log: JsonLines;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
  /** A command of the state service. */
  readonly sluice: (line: string, input?: string) => Promise<string>;
}

/** `control` as flow YAML. */
async function startAllInOne(t: TestContext, control: string): Promise<AllInOne> {
  const data = await createTemporaryDirectory(t);
  const configPath = join(data, 'sluice.yaml');
  const routes = [
    'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
    'name: connect, match: { protocol: HTTP }, action: ForwardProxy',
  ];
  await writeFile(configPath, buildConfig({ top: `control: ${control}`, routes }));
  const args = [program, '--config', configPath, '--data', data, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, { env: { PATH: systemPath }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = new JsonLines(child.stdout);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  t.after(async () => {
    child.kill('SIGTERM');
    await within(20_000, 'the end of the all-in-one', ended);
  });
  const state = await log.waitFor((line) => line['msg'] === 'state service ready', { timeoutMs: startTimeoutMs });
  const ready = await log.waitFor((line) => line['msg'] === 'ready', { timeoutMs: startTimeoutMs });
  const [listener] = ready['listeners'] as readonly { readonly addresses: readonly string[] }[];
  const port = Number(listener?.addresses[0]?.split(':').at(-1));
  const access = ['--state', String(state['url']), '--key-file', String(state['adminKeyFile'])];
  return {
    data,
    edge: { host: '127.0.0.1', port },
    admin: `http://${String(ready['admin'])}`,
    log,
    stderr: () => stderr,
    ended,
    async sluice(line, input = '') {
      const result = await runCommand(sluiceCommand, [...line.split(' '), ...access], { input, timeoutMs: 20_000 });
      assert.equal(result.code, 0, result.stderr);
      return result.stdout;
    },
  };
}

/** Until both protocols answer so. */
async function expectLogin(t: TestContext, { edge }: AllInOne, expected: 'Open' | 'Refused'): Promise<void> {
  const origin = await startEchoOrigin(t);
  for (const protocol of forwardProtocols) {
    await eventually(
      async () => {
        const outcome = await openTunnel({ edge, protocol, user: 'alice', password, to: origin });
        if (outcome.kind === 'Open') outcome.client.socket.destroy();
        assert.equal(outcome.kind, expected);
      },
      { timeoutMs: 20_000 },
    );
  }
}

async function liveAndDie(t: TestContext, running: AllInOne): Promise<void> {
  await running.sluice('user add alice --destinations Rules', password);
  await running.sluice('acl add --user alice --cidr 127.0.0.0/8');
  await expectLogin(t, running, 'Open');
  await running.sluice('user rm alice');
  await expectLogin(t, running, 'Refused');
}

test('users reach the proxy over the NATS server that the file names', { skip: await whyNoNatsServer() }, async (t) => {
  const nats = await startNatsServer(t);
  const running = await startAllInOne(t, `{ ranges: [Users], nats: { servers: ["${nats.url}"] } }`);
  await liveAndDie(t, running);
  const streams = JSON.stringify(await nats.monitor('/jsz?streams=true'));
  assert.match(streams, /KV_sluice-config/u);
  const { connections } = (await nats.monitor('/connz')) as { readonly connections: readonly { name: string }[] };
  assert.deepEqual(
    new Set(connections.map(({ name }) => name.replace(/ proxy .*/u, ' proxy'))),
    new Set(['sluice-state', 'sluice proxy']),
  );
});

test('without a server in the file they take the way through memory; the end of PostgreSQL ends all of it', async (t) => {
  const running = await startAllInOne(t, '{ ranges: [Users] }');
  await liveAndDie(t, running);
  const pid = Number((await readFile(join(running.data, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  assert.equal(await within(20_000, 'the end of the all-in-one', running.ended), 1);
  assert.match(running.stderr(), /all in one: PostgreSQL has ended \(SIGKILL\)/u);
  assert.equal(running.log.last?.['msg'], 'stopped');
});

test('a configuration that is wrong is refused before anything is started', async (t) => {
  const data = await createTemporaryDirectory(t);
  const configPath = join(data, 'sluice.yaml');
  await writeFile(configPath, 'listenerz: []\n');
  const args = [program, '--config', configPath, '--data', join(data, 'made')];
  const { code, stderr } = await runCommand(process.execPath, args, { timeoutMs: 20_000 });
  assert.equal(code, 2);
  assert.match(stderr, /sluice\.yaml:1:1: .*listenerz/u);
  await assert.rejects(readFile(join(data, 'made/admin-key')), { code: 'ENOENT' });
});
