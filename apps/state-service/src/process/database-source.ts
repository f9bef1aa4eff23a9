/** Where the database comes from: an address, a file with an address, or a PostgreSQL of our own that ends with the service. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@sluice/runtime/embedded-postgres/embedded-postgres.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { Secret } from '@sluice/runtime/secret.ts';

export type DatabaseSource =
  | { readonly kind: 'Url'; readonly url: Secret }
  | { readonly kind: 'UrlFile'; readonly path: string }
  | { readonly kind: 'Embedded'; readonly directory: string };

export interface OpenDatabaseSource {
  readonly connectionString: Secret;
  /** Resolves when a server of our own has ended, asked or not; never for another's. */
  readonly exited: Promise<string>;
  close(): Promise<void>;
}

/** What the service was told about its database cannot be used. */
export class DatabaseSourceError extends Error {
  readonly code = 'SLUICE_DATABASE_SOURCE';
  override readonly name = 'DatabaseSourceError';
}

const databaseName = 'postgres';
const never = new Promise<string>(() => {});
/** What `pg` reads: of a server on a Unix socket the address has no host, which WHATWG URLs must have. */
const addressPattern = /^postgres(?:ql)?:\/\/[^\s]+$/u;

/** Starts the server, if it is one of our own. Rejects with DatabaseSourceError or EmbeddedPostgresError. */
export async function openDatabaseSource(
  source: DatabaseSource,
  logger: Pick<Logger, 'info'>,
): Promise<OpenDatabaseSource> {
  switch (source.kind) {
    case 'Url':
      return another(checkedUrl(source.url.reveal(), 'the database URL'));
    case 'UrlFile':
      return another(checkedUrl(await readUrl(source.path), source.path));
    case 'Embedded': {
      const server = await startEmbeddedPostgres({
        dataDirectory: join(source.directory, 'postgres'),
        onLog: (line) => logger.info('postgres', { line }),
      });
      return {
        connectionString: new Secret(server.url(databaseName)),
        exited: server.exited.then(({ code, signal }) => `PostgreSQL has ended (${signal ?? `exit code ${code}`})`),
        close: () => server.stop(),
      };
    }
  }
}

/** The pepper of a service whose database is its own lies beside that. */
export function embeddedPepperFile(directory: string): string {
  return join(directory, 'pepper');
}

function another(connectionString: Secret): OpenDatabaseSource {
  return { connectionString, exited: never, close: () => Promise.resolve() };
}

/** Messages never repeat the text: it holds a password. */
function checkedUrl(text: string, where: string): Secret {
  if (addressPattern.test(text)) return new Secret(text);
  throw new DatabaseSourceError(`${where} does not hold an address: write postgres://user:password@host:port/database`);
}

async function readUrl(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new DatabaseSourceError(`cannot read the database URL: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
}
