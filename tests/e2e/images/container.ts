/**
 * A container that has nothing but what its image promises to need: no root, no capability and no way to one, a root file system
 * that it cannot write, no network but its own loopback, Docker's default seccomp filter. Gone in teardown.
 */
import assert from 'node:assert/strict';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import type { PrivateDocker } from './private-docker.ts';

export interface ContainerOptions {
  readonly image: string;
  /** More arguments of `docker run`. */
  readonly flags?: readonly string[];
  /** Instead of the image's. */
  readonly command?: readonly string[];
}

/** As narrow as a Pod of the restricted security standard with a read-only root. */
const narrow = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const healthTimeoutMs = 60_000;

export class Container {
  readonly #docker: PrivateDocker;
  readonly id: string;
  /** Of its first process, on the machine. */
  readonly pid: number;

  constructor(docker: PrivateDocker, id: string, pid: number) {
    this.#docker = docker;
    this.id = id;
    this.pid = pid;
  }

  /** What to put before a command so that it runs in the container's network, and else on the machine. */
  get inItsNetwork(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`];
  }

  async runInItsNetwork(...command: readonly string[]): Promise<CommandResult> {
    const [program = '', ...args] = [...this.inItsNetwork, ...command];
    return await runCommand(program, args);
  }

  async execute(...command: readonly string[]): Promise<string> {
    return await this.#docker.ask(['exec', this.id, ...command]);
  }

  /** Waits until the image's own health check says so. */
  async waitForHealth(expected: 'healthy' | 'unhealthy'): Promise<void> {
    await eventually(
      async () => {
        const health = JSON.parse(await this.inspect('{{json .State.Health}}')) as { readonly Status: string };
        assert.equal(health.Status, expected, JSON.stringify(health));
      },
      { timeoutMs: healthTimeoutMs, intervalMs: 200 },
    );
  }

  async inspect(format: string): Promise<string> {
    return await this.#docker.ask(['inspect', '--format', format, this.id]);
  }

  /** Both streams. */
  async logs(): Promise<string> {
    const logs = ['logs', this.id];
    return await this.#docker.ask(logs);
  }

  /** As a supervisor would; resolves with the exit code. */
  async stop(): Promise<number> {
    await this.#docker.ask(['stop', '--time', '20', this.id]);
    return Number(await this.inspect('{{.State.ExitCode}}'));
  }
}

function runArguments({ image, flags = [], command = [] }: ContainerOptions): readonly string[] {
  const network = flags.includes('--network') ? [] : ['--network', 'none'];
  return [...narrow, ...network, ...flags, image, ...command];
}

/** Started, not yet ready. Its health check runs each second. */
export async function startContainer(
  scope: CleanupScope,
  docker: PrivateDocker,
  options: ContainerOptions,
): Promise<Container> {
  const id = await docker.ask(['run', '--detach', '--health-interval', '1s', ...runArguments(options)]);
  scope.after(async () => {
    await docker.ask(['rm', '--force', '--volumes', id]);
  });
  const pid = Number(await docker.ask(['inspect', '--format', '{{.State.Pid}}', id]));
  return new Container(docker, id, pid);
}

/** Runs one command to its end; resolves with what it printed, rejects when it fails. */
export async function runContainer(docker: PrivateDocker, options: ContainerOptions, input = ''): Promise<string> {
  return await docker.ask(['run', '--rm', '--interactive', ...runArguments(options)], { input });
}
