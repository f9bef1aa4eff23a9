/**
 * TCP segments sent inside a network namespace, by the kernel's own count (/proc/net/snmp, Tcp OutSegs). On loopback every
 * segment is sent once, so the count is that of both ends.
 */
import type { NetworkNamespace } from './network-namespace.ts';

/** The value of one counter of the `Tcp:` lines; throws when the kernel has none of that name. */
export function parseTcpCounter(snmp: string, name: string): number {
  const [names, values] = snmp.split('\n').filter((line) => line.startsWith('Tcp: '));
  const index = names?.split(' ').indexOf(name) ?? -1;
  const value = values?.split(' ')[index];
  if (index < 1 || value === undefined) throw new Error(`no Tcp counter ${name}`);
  return Number(value);
}

/** Segments sent in the namespace since it was made (the kernel counts resets among them). */
export async function countTcpSegments(namespace: NetworkNamespace): Promise<number> {
  const result = await namespace.run('cat', ['/proc/net/snmp']);
  return parseTcpCounter(result.stdout, 'OutSegs');
}
