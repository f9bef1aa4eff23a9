import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { LeaderSession, outboxChannel } from '../../src/outbox/leader-session.ts';

const postgres = await startPostgres({ after });

async function open(t: CleanupScope, connectionString: string, onNotified = (): void => {}): Promise<LeaderSession> {
  const session = await LeaderSession.open({ connectionString, onNotified, silenceLimitMs: 1_000 });
  t.after(() => session.close());
  return session;
}

test('gives the right to one session, and to the next when that one is closed', async (t) => {
  const { url } = await postgres.createDatabase();
  const [first, second] = await Promise.all([open(t, url), open(t, url)]);
  assert.equal(await first.tryLead(), true);
  assert.equal(await first.tryLead(), true);
  assert.equal(await second.tryLead(), false);
  first.close();
  assert.equal(first.isLeader, false);
  await eventually(async () => assert.equal(await second.tryLead(), true));
});

test('keeps databases apart', async (t) => {
  const [one, other] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()]);
  assert.equal(await (await open(t, one.url)).tryLead(), true);
  assert.equal(await (await open(t, other.url)).tryLead(), true);
});

test('keeps the right while it has nothing to do', async (t) => {
  const { url, name } = await postgres.createDatabase();
  const session = await open(t, url);
  await session.tryLead();
  const begun = performance.now();
  await eventually(
    () => {
      assert.equal(session.isLeader, true);
      if (performance.now() - begun < 2_500) throw new Error('not long enough yet');
    },
    { timeoutMs: 10_000 },
  );
  const held = await postgres.run(
    `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = '${name}')`,
  );
  assert.equal(held.length, 1);
});

test('loses the right when its process is stopped, and knows it when that goes on', async (t) => {
  const { url } = await postgres.createDatabase();
  const program = fileURLToPath(new URL('leader-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await eventually(() => assert.deepEqual(lines, ['leading']), { timeoutMs: 10_000 });
  const standby = await open(t, url);
  assert.equal(await standby.tryLead(), false);
  child.kill('SIGSTOP');
  await eventually(async () => assert.equal(await standby.tryLead(), true), { timeoutMs: 10_000 });
  child.kill('SIGCONT');
  await eventually(() => assert.deepEqual(lines, ['leading', 'lost']), { timeoutMs: 10_000 });
});

test('hears what is notified, and is lost when the server is', async (t) => {
  const { url, name } = await postgres.createDatabase();
  let heard = 0;
  const session = await open(t, url, () => {
    heard += 1;
  });
  await postgres.run(`NOTIFY ${outboxChannel}`, name);
  await eventually(() => assert.equal(heard, 1));
  await postgres.kill();
  assert.match(await session.lost, /./);
  await assert.rejects(session.query('SELECT 1'));
  await postgres.start();
});
