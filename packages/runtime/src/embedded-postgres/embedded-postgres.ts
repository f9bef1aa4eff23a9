/**
 * One PostgreSQL server of our own: real binaries, a data directory that is made when it is empty, a Unix socket in a
 * directory that only its account (and root) can enter, no TCP port, no password. For one machine and for tests.
 * Not responsible for its schema, nor for starting it again when it ends: `exited` says so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { chooseAccount, type PostgresAccount, serverCommand } from './postgres-account.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';

export interface EmbeddedPostgresOptions {
  /** Made, with its parents, when it is absent; must be empty or a data directory of this version. */
  readonly dataDirectory: string;
  /** Settings of postgresql.conf: `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Where the Unix socket is: a path of at most 80 bytes whose parent exists. Give one to find the server there again after it was started anew;
   * absent: a new directory each time, which goes with the server.
   */
  readonly socketDirectory?: string;
  /** The server's own log, line by line. */
  readonly onLog?: (line: string) => void;
  readonly startTimeoutMs?: number;
}

export interface PostgresExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface EmbeddedPostgres {
  readonly pid: number;
  /** For `pg`: the directory of the Unix socket. */
  readonly host: string;
  readonly user: string;
  /** `postgres://sluice@/DATABASE?host=DIRECTORY`. The database `postgres` is always there. */
  url(database: string): string;
  /** Resolves when the server has ended, asked or not. */
  readonly exited: Promise<PostgresExit>;
  /** Fast shutdown: open transactions are rolled back. Resolves when it is gone; may be called more than once. */
  stop(): Promise<void>;
}

/** The server did not start; the message holds the end of its log. */
export class EmbeddedPostgresError extends Error {
  readonly code = 'SLUICE_EMBEDDED_POSTGRES';
  override readonly name = 'EmbeddedPostgresError';
}

const superuser = 'sluice';
const maxLogLines = 40;
const defaultStartTimeoutMs = 60_000;
/** Recovery polls: the server writes its status into postmaster.pid. */
const statusPollMs = 15;
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Resolves when the server accepts connections. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = findPostgresBinaries(process.platform, process.arch);
  const directory = resolve(options.dataDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const account = chooseAccount(process.getuid?.() ?? 1, await stat(directory));
  if (account !== null) await chown(directory, account.uid, account.gid);
  if ((await readdir(directory)).length === 0) await initialise(binaries, directory, account);
  const socketDirectory = options.socketDirectory ?? (await mkdtemp(join(tmpdir(), 'sluice-postgres-')));
  const removeSocket = async (): Promise<void> => {
    if (options.socketDirectory === undefined) await rm(socketDirectory, { recursive: true, force: true });
  };
  try {
    await mkdir(socketDirectory, { recursive: true, mode: 0o700 });
    if (account !== null) await chown(socketDirectory, account.uid, account.gid);
    const server = await startServer({ ...options, binaries, directory, account, socketDirectory });
    void server.exited.then(removeSocket);
    return server;
  } catch (error) {
    await removeSocket();
    throw error;
  }
}

async function initialise(
  binaries: PostgresBinaries,
  directory: string,
  account: PostgresAccount | null,
): Promise<void> {
  const args = [
    `--pgdata=${directory}`,
    `--username=${superuser}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--no-locale',
    '--no-instructions',
    '--data-checksums',
  ];
  const command = serverCommand({ program: binaries.initdb, args, account, paths: [binaries.initdb, directory] });
  const { file, args: line, ...ids } = command;
  const child = spawn(file, line, { ...ids, env: environment, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const output: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new EmbeddedPostgresError(`initdb failed on ${directory}: ${Buffer.concat(output).toString().trim()}`);
}

interface ServerInput extends EmbeddedPostgresOptions {
  readonly binaries: PostgresBinaries;
  readonly directory: string;
  readonly account: PostgresAccount | null;
  readonly socketDirectory: string;
}

async function startServer(input: ServerInput): Promise<EmbeddedPostgres> {
  const { binaries, directory, account, socketDirectory } = input;
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    log_line_prefix: '',
    ...input.settings,
  };
  const args = ['-D', directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const command = serverCommand({ program: binaries.postgres, args, account, paths: [binaries.postgres, directory] });
  const { file, args: line, ...ids } = command;
  const child = spawn(file, line, { ...ids, env: environment, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const lastLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (text) => {
    lastLines.push(text);
    if (lastLines.length > maxLogLines) lastLines.shift();
    input.onLog?.(text);
  });
  const exited = new Promise<PostgresExit>((settle, fail) => {
    child.on('error', fail);
    // 'exit', not 'close': an orphaned backend may hold stderr a little longer than the server lives.
    child.on('exit', (code, signal) => settle({ code, signal }));
  });
  const exitedOrFailed = exited.catch((): PostgresExit => ({ code: null, signal: null }));
  const isGone = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (!isGone()) child.kill('SIGINT');
    await exitedOrFailed;
  };
  const pid = child.pid ?? -1;
  const timeoutMs = input.startTimeoutMs ?? defaultStartTimeoutMs;
  const deadline = performance.now() + timeoutMs;
  while (!(await isAccepting(directory, pid))) {
    if (isGone() || performance.now() > deadline) {
      if (!isGone()) child.kill('SIGQUIT');
      const state = isGone() ? 'ended at its start' : `was not ready after ${timeoutMs} ms`;
      throw new EmbeddedPostgresError(`PostgreSQL on ${directory} ${state}: ${lastLines.join(' | ')}`);
    }
    await delay(statusPollMs);
  }
  return {
    pid,
    host: socketDirectory,
    user: superuser,
    url: (database) => `postgres://${superuser}@/${database}?host=${encodeURIComponent(socketDirectory)}`,
    exited: exitedOrFailed,
    stop,
  };
}

/** The first line of postmaster.pid is the server's id, the eighth its status. */
async function isAccepting(directory: string, pid: number): Promise<boolean> {
  try {
    const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false; // not written yet
  }
}
