/**
 * A long-running process of a measurement (a proxy, the origin) inside a network namespace and a cgroup of its own. Its
 * output goes to a file, so that a proxy that logs pays for its own writing and nobody else reads along. Ends by id;
 * the cgroup then catches every child it left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { CpuGroup } from './cpu-group.ts';
import { listensOn } from './kernel-counters.ts';
import type { NetworkNamespace } from './network-namespace.ts';

/** Where a process runs and is counted. */
export interface Place {
  readonly group: CpuGroup;
  readonly namespace: NetworkNamespace;
}

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly outputFile: string;
}

/** A process ended or stayed silent where it should have become ready. */
class ProcessStartError extends Error {
  readonly code = 'PROCESS_START';
}

const stopTimeoutMs = 3000;
const readyTimeoutMs = 10_000;

/** The command that enters the cgroup, raises the limit of open files and becomes the program. */
export function enteringCommand(command: readonly string[], place: Place): readonly string[] {
  const script = 'ulimit -n "$(ulimit -Hn)"; echo $$ > "$0"; exec "$@"';
  return ['sh', '-c', script, place.group.procsFile, ...place.namespace.enter, ...command];
}

export class MeasuredProcess {
  readonly name: string;
  readonly group: CpuGroup;
  readonly #child: ChildProcess;
  readonly #outputFile: string;

  constructor(spec: ProcessSpec, place: Place) {
    const [program = '', ...args] = enteringCommand(spec.command, place);
    const output = openSync(spec.outputFile, 'a');
    this.name = spec.name;
    this.group = place.group;
    this.#outputFile = spec.outputFile;
    this.#child = spawn(program, args, { env: spec.env, stdio: ['ignore', output, output] });
    closeSync(output);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the port listens and the process has written all of the texts; else fails with ProcessStartError. */
  async ready(port: number, texts: readonly string[]): Promise<void> {
    const deadline = performance.now() + readyTimeoutMs;
    while (performance.now() < deadline && this.running) {
      const listening = listensOn(await readOrEmpty(`/proc/${this.pid}/net/tcp`), port);
      if (listening && (await this.#hasWritten(texts))) return;
      await delay(20);
    }
    const how = this.running ? `is not ready after ${readyTimeoutMs / 1000} s` : 'ended at its start';
    throw new ProcessStartError(`${this.name} ${how}: ${tellingLine(await readOrEmpty(this.#outputFile))}`);
  }

  /** Asks it to end, then insists; removes its cgroup with whatever is left inside. */
  async stop(): Promise<void> {
    if (this.running) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await Promise.race([ended, delay(stopTimeoutMs, undefined, { ref: false })]);
    }
    await this.group.remove();
  }

  async #hasWritten(texts: readonly string[]): Promise<boolean> {
    if (texts.length === 0) return true;
    const output = await readOrEmpty(this.#outputFile);
    return texts.every((text) => output.includes(text));
  }
}

/** The line of a program's last words that most likely says why. */
function tellingLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((text) => /error|alert|emerg|cannot|fail/i.test(text)) ?? lines.at(-1);
  return line?.trim().slice(0, 300) ?? 'it wrote nothing';
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
