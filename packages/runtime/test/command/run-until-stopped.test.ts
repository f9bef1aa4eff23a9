import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';

const program = new URL('stoppable-program.ts', import.meta.url).pathname;

interface Running {
  readonly child: ChildProcess;
  readonly lines: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly err: string }>;
}

function start(t: TestContext, ending: string): Running {
  const child = spawn(process.execPath, [program, ending], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  const err = text(child.stderr);
  const ended = once(child, 'close').then(async () => ({ code: child.exitCode, err: await err }));
  return { child, lines: () => out, ended };
}

async function untilSaid(running: Running, word: string): Promise<void> {
  await eventually(() => assert.ok(running.lines().includes(`"${word}"`), running.lines()), { timeoutMs: 30_000 });
}

describe('a service as a process', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`is asked to end by ${signal}, and its last lines are written`, async (t) => {
      const running = start(t, 'soon');
      await untilSaid(running, 'ready');
      running.child.kill(signal);
      assert.deepEqual(await running.ended, { code: 0, err: '' });
      const said = running.lines();
      const ends = said.indexOf('"stopping"');
      assert.ok(said.includes(signal) && ends > 0 && ends < said.indexOf('"stopped"'), said);
    });
  }

  it('ends at once on the second signal', async (t) => {
    const running = start(t, 'never');
    await untilSaid(running, 'ready');
    running.child.kill('SIGTERM');
    await untilSaid(running, 'stopping');
    running.child.kill('SIGTERM');
    assert.deepEqual(await running.ended, { code: 0, err: '' });
  });

  it('tells a configuration that cannot be from a failure', async (t) => {
    assert.deepEqual(await start(t, 'configuration').ended, { code: 2, err: 'stoppable: no such file\n' });
    assert.deepEqual(await start(t, 'failure').ended, { code: 1, err: 'stoppable: no such server\n' });
  });
});
