/**
 * A wire between two network namespaces: each end gets an address of its choice, so that a test can have a "public" network
 * without a packet leaving the machine.
 */
import { randomBytes } from 'node:crypto';
import type { NetworkNamespace } from './network-namespace.ts';
import { runCommand } from './run-command.ts';

export interface LinkEnd {
  readonly namespace: NetworkNamespace;
  /** With its prefix length, such as `9.9.9.1/24`. */
  readonly address: string;
}

async function mustRun(args: readonly string[]): Promise<void> {
  const result = await runCommand('ip', args);
  if (result.code !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr}`);
}

/** Connects the two; the wire goes when the namespaces do. */
export async function linkNamespaces(left: LinkEnd, right: LinkEnd): Promise<void> {
  const id = randomBytes(3).toString('hex');
  const names = [`sl${id}l`, `sl${id}r`] as const;
  const [leftNamespace, rightNamespace] = [left.namespace.name, right.namespace.name];
  const peer = ['peer', 'name', names[1], 'netns', rightNamespace];
  await mustRun(['link', 'add', names[0], 'netns', leftNamespace, 'type', 'veth', ...peer]);
  for (const [{ namespace, address }, name] of [
    [left, names[0]],
    [right, names[1]],
  ] as const) {
    await mustRun(['-n', namespace.name, 'address', 'add', address, 'dev', name]);
    await mustRun(['-n', namespace.name, 'link', 'set', name, 'up']);
  }
}
