/**
 * Runs the short-connections program inside a network namespace and talks to it.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Address } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { within } from './within.ts';

export interface ShortConnections {
  readonly origin: Address;
  /** Opens `count` connections to `target`, `parallel` at a time; resolves with how many were answered whole. */
  open(target: Address, count: number, parallel: number): Promise<number>;
}

const program = fileURLToPath(new URL('./short-connections-program.ts', import.meta.url));

/** Starts the program; it ends in teardown. */
export async function startShortConnections(
  scope: CleanupScope,
  namespace: NetworkNamespace,
): Promise<ShortConnections> {
  const [command = 'ip', ...args]: readonly string[] = [...namespace.prefix, process.execPath, program];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  scope.after(() => void child.kill('SIGKILL'));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextNumber = async (): Promise<number> => {
    const next = await within(60_000, 'the short-connections program', answers.next());
    if (next.done === true) throw new Error('the short-connections program ended');
    return Number(next.value);
  };
  const origin = { host: '127.0.0.1', port: await nextNumber() };
  return {
    origin,
    open: async (target, count, parallel) => {
      child.stdin.write(`${target.host} ${target.port} ${count} ${parallel}\n`);
      return await nextNumber();
    },
  };
}
