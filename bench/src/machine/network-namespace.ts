/**
 * A network namespace of the benchmark's own: nothing but its loopback, its own port range and backlog, counters that
 * nobody else moves. 11.0.0.0/24 is routed to loopback inside it, which gives forward proxies a destination that is
 * public by its number and no address of an interface; no packet for it ever leaves.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface NetworkNamespace {
  /** Put before a command to run it inside; `ip netns exec` would hide the cgroups by mounting /sys anew. */
  readonly enter: readonly string[];
  remove(): Promise<void>;
}

/** The namespace could not be made. */
class NoNamespaceError extends Error {
  readonly code = 'NO_NAMESPACE';
}

/** Where a forward proxy is asked to go; see above. */
export const publicOriginAddress = '11.0.0.1';

const sysctls = ['net.ipv4.ip_local_port_range=10240 65000', 'net.core.somaxconn=16384'];

/** Creates the namespace; fails with NoNamespaceError without CAP_SYS_ADMIN and CAP_NET_ADMIN. */
export async function createNetworkNamespace(name: string): Promise<NetworkNamespace> {
  const enter = ['nsenter', `--net=/run/netns/${name}`, '--'];
  const remove = async (): Promise<void> => {
    await run('ip', ['netns', 'delete', name]);
  };
  try {
    await run('ip', ['netns', 'add', name]);
  } catch (cause) {
    throw new NoNamespaceError('cannot create a network namespace: run as root, with iproute2 installed', { cause });
  }
  try {
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', name, 'route', 'add', 'local', '11.0.0.0/24', 'dev', 'lo']);
    await run('nsenter', [...enter.slice(1), 'sysctl', '-q', '-w', ...sysctls]);
  } catch (cause) {
    await remove();
    throw new NoNamespaceError(`cannot set up the network namespace ${name}`, { cause });
  }
  return { enter, remove };
}
