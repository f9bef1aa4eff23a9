/**
 * Whether a program is installed, so that a test can skip with a reason instead of failing for the machine's sake.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { systemPath } from './system-path.ts';

/** True if `name` is an executable in one of the system's program directories. */
export function hasCommand(name: string): boolean {
  return systemPath.split(':').some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
