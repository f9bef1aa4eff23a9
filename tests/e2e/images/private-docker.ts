/**
 * A Docker engine that only one test file uses, and what is asked of it. It is gone with the file, with all its containers; the
 * layers of its images are kept for the next time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, rmdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';

export interface AskOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

const startScript = fileURLToPath(new URL('../../../hack/images/start-test-docker.sh', import.meta.url));
/** Another test run may have the layers, and an engine takes seconds to start. */
const startTimeoutMs = 280_000;
const shownLogBytes = 4000;

export class PrivateDocker {
  readonly #client: string;
  /** For programs that call the client themselves. */
  readonly env: Readonly<Record<string, string>>;

  constructor(client: string, directory: string) {
    this.#client = client;
    this.env = {
      HOME: homedir(),
      DOCKER: client,
      DOCKER_HOST: `unix://${join(directory, 'docker.sock')}`,
      DOCKER_CONFIG: join(directory, 'client'),
      BUILDKIT_PROGRESS: 'plain',
    };
  }

  /** What `docker ARGS` printed; rejects when it fails, with what it said. */
  async ask(args: readonly string[], options: AskOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await runCommand(this.#client, args, {
      timeoutMs: 60_000,
      ...options,
      env: this.env,
    });
    if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout.trim();
  }
}

/** Resolves when it answers. */
export async function startPrivateDocker(scope: CleanupScope, client: string): Promise<PrivateDocker> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  let log = '';
  const engine = spawn(startScript, [directory], {
    env: { PATH: systemPath, HOME: homedir() },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  scope.after(async () => {
    await stop(engine, directory);
    // What it kept from /etc, /opt and /run is in there.
    await rm(directory, { recursive: true, force: true });
  });
  engine.stderr.on('data', (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-shownLogBytes);
  });
  const docker = new PrivateDocker(client, directory);
  await eventually(
    async () => {
      if (engine.exitCode !== null) throw new Error(`the engine has ended: ${log}`);
      await docker.ask(['version']);
    },
    { timeoutMs: startTimeoutMs, intervalMs: 200 },
  );
  return docker;
}

async function stop(engine: ChildProcess, directory: string): Promise<void> {
  const ended = engine.exitCode === null && engine.signalCode === null ? once(engine, 'exit') : undefined;
  engine.kill('SIGTERM');
  await ended;
  // The engine leaves the control groups of its containers, which are empty by now.
  const groups = globSync(`/sys/fs/cgroup/{,*/}sluice-images-${basename(directory)}`);
  for (const group of groups) removeGroup(group);
}

function removeGroup(group: string): void {
  for (const inner of globSync(`${group}/*/`)) removeGroup(inner);
  rmdirSync(group);
}
