/**
 * Under which account PostgreSQL runs and with which command line: it refuses to run as root, so root hands it to the
 * owner of the data directory or to `nobody`, without an entry in /etc/passwd. Where setpriv (util-linux) is there, the
 * server is also told to end when the process that started it ends, however that happens.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` and `nogroup` of every Linux. */
const unprivileged: PostgresAccount = { uid: 65_534, gid: 65_534 };
const setprivPath = '/usr/bin/setpriv';

/** null: the account of this process is fit. */
export function chooseAccount(ownUid: number, directoryOwner: PostgresAccount | null): PostgresAccount | null {
  if (ownUid !== 0) return null;
  return directoryOwner !== null && directoryOwner.uid !== 0 ? directoryOwner : unprivileged;
}

export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

export interface CommandInput {
  readonly program: string;
  readonly args: readonly string[];
  readonly account: PostgresAccount | null;
  /** Paths the server must reach: its own, the data directory. */
  readonly paths: readonly string[];
  readonly setpriv?: string;
}

/** How to start `program` under `account`. The process id is the program's own: setpriv becomes it. */
export function serverCommand({ program, args, account, paths, setpriv = setprivPath }: CommandInput): ServerCommand {
  if (!existsSync(setpriv)) {
    return account === null ? { file: program, args } : { file: program, args, uid: account.uid, gid: account.gid };
  }
  // SIGINT is PostgreSQL's fast shutdown; the kernel forgets it at a change of ids, so setpriv sets it afterwards.
  const options = ['--pdeathsig', 'INT'];
  if (account !== null) {
    options.push('--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups');
    // A checkout below /root is not searchable for others: the server may search and read, and still write only what it owns.
    if (!paths.every(isSearchableByOthers)) {
      options.push('--inh-caps', '-all,+dac_read_search', '--ambient-caps', '-all,+dac_read_search');
    }
  }
  return { file: setpriv, args: [...options, '--', program, ...args] };
}

function isSearchableByOthers(path: string): boolean {
  for (let at = dirname(resolve(path)); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
