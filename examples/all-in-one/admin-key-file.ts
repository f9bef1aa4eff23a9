/** The administrator's API key of an all-in-one, in a file beside its data: made once, readable for its owner alone. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSecret, formatKey } from '@sluice/runtime/api-key-text.ts';
import { createRandomId } from '@sluice/state-service/repositories/random-id.ts';

/** The path of the file, which is there afterwards. */
export async function ensureAdminKeyFile(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'admin-key');
  const key = formatKey({ id: createRandomId(), secret: encodeSecret(randomBytes(32)) });
  try {
    await writeFile(path, `${key}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return path;
}
