import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { launcherText } from '../../images/write-launcher.ts';

/** Runs `main` by a launcher until it prints, sends SIGTERM, and says how it ended. */
async function endOf(t: TestContext, main: string): Promise<unknown> {
  const directory = await createTemporaryDirectory(t);
  writeFileSync(join(directory, 'main.ts'), main);
  writeFileSync(join(directory, 'launcher'), launcherText(join(directory, 'main.ts')));
  const child = spawn(process.execPath, [join(directory, 'launcher')], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const ended: Promise<unknown> = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  return await ended;
}

const forever = 'setInterval(() => {}, 1e6);';

test('a launcher ends as by a signal as long as its app handles none', async (t) => {
  assert.deepEqual(await endOf(t, `${forever} console.log('up');`), [143, null]);
});

test('a launcher leaves a signal to the app that handles it', async (t) => {
  const main = `${forever} process.on('SIGTERM', () => setTimeout(() => process.exit(7), 20)); console.log('up');`;
  assert.deepEqual(await endOf(t, main), [7, null]);
});
