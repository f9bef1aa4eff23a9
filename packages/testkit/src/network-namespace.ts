/**
 * A network namespace of one test, its loopback up: packets can be counted and routes withheld without a stranger in the
 * figures. Needs root; `openNetworkNamespace` says why when it cannot.
 */
import { randomBytes } from 'node:crypto';
import type { CleanupScope } from './cleanup-scope.ts';
import { type CommandResult, runCommand, type RunCommandOptions } from './run-command.ts';

export interface NetworkNamespace {
  readonly name: string;
  /** What to put before a command so that it runs inside. */
  readonly prefix: readonly string[];
  run(command: string, args: readonly string[], options?: RunCommandOptions): Promise<CommandResult>;
}

export type NetworkNamespaceResult =
  | { readonly kind: 'open'; readonly namespace: NetworkNamespace }
  | { readonly kind: 'notPermitted'; readonly reason: string };

/** Makes a namespace that is deleted in teardown. */
export async function openNetworkNamespace(scope: CleanupScope): Promise<NetworkNamespaceResult> {
  const name = `sluice-${randomBytes(4).toString('hex')}`;
  try {
    const added = await runCommand('ip', ['netns', 'add', name]);
    if (added.code !== 0) return { kind: 'notPermitted', reason: added.stderr.trim() };
  } catch (error) {
    return { kind: 'notPermitted', reason: error instanceof Error ? error.message : String(error) };
  }
  scope.after(async () => {
    await runCommand('ip', ['netns', 'delete', name]);
  });
  const prefix = ['ip', 'netns', 'exec', name];
  const run: NetworkNamespace['run'] = async (command, args, options) =>
    await runCommand('ip', [...prefix.slice(1), command, ...args], options);
  const up = await run('ip', ['link', 'set', 'lo', 'up']);
  if (up.code !== 0) return { kind: 'notPermitted', reason: up.stderr.trim() };
  return { kind: 'open', namespace: { name, prefix, run } };
}
