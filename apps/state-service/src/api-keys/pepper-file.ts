/** The file that holds the pepper: read, or made with random bytes where there is none yet. */
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Pepper } from './pepper.ts';

const randomLength = 48;

/** What the file holds, without white space at the end. Rejects when it cannot be read or is too short. */
export async function readPepper(path: string): Promise<Pepper> {
  try {
    return new Pepper(Buffer.from((await readFile(path, 'utf8')).trimEnd()));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot use ${path} as the pepper: ${reason}`, { cause });
  }
}

/** As `readPepper`; a file that is absent is made, readable for its owner alone. Several may start at once: all get the same. */
export async function readOrMakePepper(path: string): Promise<Pepper> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(made, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(randomLength).toString('base64')}\n`);
    await file.sync();
    await file.close();
    await chmod(made, 0o600);
    // A link fails when the name is taken: who comes second takes what is there, and no one sees half a file.
    await link(made, path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  } finally {
    await rm(made, { force: true });
  }
  return await readPepper(path);
}
