import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { readSettingsFile } from '../../src/command/read-settings-file.ts';

it('a file that the command line names is read, or the error says which and why', async (t) => {
  const directory = await createTemporaryDirectory(t);
  const file = join(directory, 'ca.pem');
  await writeFile(file, 'certificate');
  assert.equal((await readSettingsFile(file, 'the certificate')).toString(), 'certificate');
  const absent = join(directory, 'absent');
  await assert.rejects(readSettingsFile(absent, 'the certificate'), {
    code: 'SLUICE_SETTINGS',
    message: `cannot read the certificate: ENOENT: no such file or directory, open '${absent}'`,
  });
});
