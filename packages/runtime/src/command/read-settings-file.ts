/** A file that the command line names, read before anything is opened: a process that cannot have what it was told does not start. */
import { readFile } from 'node:fs/promises';
import { SettingsError } from './settings-error.ts';

/** `what` it is, for the error. Rejects with SettingsError. */
export async function readSettingsFile(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`cannot read ${what}: ${reason}`, { cause });
  }
}
