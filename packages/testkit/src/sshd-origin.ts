/**
 * A real OpenSSH server behind a TCP port: each connection is handed to `sshd -i`, so no fixed port and no daemon. One key
 * pair, made for the test, may log in as the user who runs it.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { type OpenServer, openServer } from './open-server.ts';
import { runCommand } from './run-command.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

export interface SshdOrigin extends OpenServer {
  /** Options for `ssh` that log in and know the host's key; add `-p PORT HOST COMMAND`. */
  readonly clientOptions: readonly string[];
}

const sshdPath = '/usr/sbin/sshd';

async function makeKey(path: string): Promise<string> {
  const made = await runCommand('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  return await readFile(`${path}.pub`, 'utf8');
}

async function writeConfiguration(directory: string): Promise<string> {
  const path = join(directory, 'sshd_config');
  await makeKey(join(directory, 'host'));
  await writeFile(join(directory, 'authorized_keys'), await makeKey(join(directory, 'client')), { mode: 0o600 });
  const lines = [
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    ...['StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PidFile none', 'PermitRootLogin yes'],
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** Starts the server; `sshd` must be installed. As root it needs its privilege separation directory, made if absent. */
export async function startSshdOrigin(scope: CleanupScope): Promise<SshdOrigin> {
  const directory = await createTemporaryDirectory(scope);
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const configuration = await writeConfiguration(directory);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(sshdPath, ['-i', '-e', '-f', configuration], { stdio: [socket, socket, 'ignore'] });
    child.on('exit', () => socket.destroy());
    scope.after(() => void child.kill('SIGKILL'));
  });
  const clientOptions = [
    ...['-i', join(directory, 'client'), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=accept-new'],
    ...['-o', `UserKnownHostsFile=${join(directory, 'known_hosts')}`, '-F', 'none', '-l', userInfo().username],
  ];
  return { ...(await openServer(scope, server)), clientOptions };
}
