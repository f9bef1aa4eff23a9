/** However a process or an isolate ends while its engine is busy: no crash, no hang. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DriveMode } from '../../lib/engine.ts';

const program = fileURLToPath(new URL('exit-program.ts', import.meta.url));
const modes: readonly DriveMode[] = ['InLoop', 'Threads', 'Handoff'];
const ways = [
  { way: 'stop', exitCode: 0 },
  { way: 'exit', exitCode: 7 },
  { way: 'exit-in-handler', exitCode: 7 },
  { way: 'throw', exitCode: 1 },
  { way: 'terminate', exitCode: 0 },
  { way: 'exit-main', exitCode: 7 },
] as const;

describe('a process that ends while its engine is busy', { concurrency: 2 }, () => {
  for (const mode of modes) {
    for (const { way, exitCode } of ways) {
      test(`by ${way} in mode ${mode}`, { timeout: 30_000 }, async (t) => {
        const child = spawn(execPath, [program, mode, way], { stdio: ['ignore', 'ignore', 'pipe'] });
        t.after(() => child.kill('SIGKILL'));
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
        const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
        assert.deepEqual({ code, signal }, { code: exitCode, signal: null }, errors);
      });
    }
  }
});
