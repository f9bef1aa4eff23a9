import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { AddonError, loadAddon } from '../../lib/addon.ts';

test('an addon that is not built, or not for this system, is told in one line that says what to do', async (t) => {
  const missing = join(await createTemporaryDirectory(t), 'missing.node');
  assert.throws(
    () => loadAddon(missing),
    (error) =>
      error instanceof AddonError &&
      error.message === `the native addon is not built: there is no ${missing} (run make build)`,
  );
  const broken = join(await createTemporaryDirectory(t), 'broken.node');
  await writeFile(broken, 'no library');
  assert.throws(() => loadAddon(broken), {
    code: 'SLUICE_ADDON',
    message: /^the native addon cannot be loaded: .+ \(run make build\)$/u,
  });
});
