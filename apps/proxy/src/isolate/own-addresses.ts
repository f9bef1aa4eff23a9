/**
 * The addresses on which this proxy can be reached: its listeners' and the admin's, a wildcard standing for every address
 * of the machine. Forward proxy clients reach them only by a rule that names them. Pure: interfaces are an argument.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import type { BindAddress, EffectiveConfig } from '../config/effective-config.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export function ownAddresses(
  config: Pick<EffectiveConfig, 'listeners' | 'admin'>,
  interfaces: Interfaces,
): readonly IpAddress[] {
  const binds = [...config.listeners.flatMap((listener) => listener.binds), ...adminBinds(config.admin)];
  const machine = Object.values(interfaces).flatMap((list) => list ?? []);
  const texts = new Set(binds.flatMap((bind) => reachableAt(bind, machine)));
  return [...texts].flatMap((text) => parseIpAddress(text) ?? []);
}

/** Unlike a listener's, the admin's `[::]` takes IPv4 too (admin-socket.ts). */
function adminBinds({ enabled, bind }: EffectiveConfig['admin']): readonly BindAddress[] {
  if (!enabled) return [];
  return bind.host === '::' ? [bind, { ...bind, family: 4, host: '0.0.0.0' }] : [bind];
}

function reachableAt(bind: BindAddress, machine: readonly NetworkInterfaceInfo[]): readonly string[] {
  const isWildcard = bind.host === '0.0.0.0' || bind.host === '::';
  if (!isWildcard) return [bind.host];
  // A link-local address carries its zone behind a percent sign, which no literal of a client may.
  return machine
    .filter(({ family }) => family === `IPv${bind.family}`)
    .map(({ address }) => address.split('%')[0] ?? '');
}
