/**
 * Which listeners are published, when several have a name or an address in common: the oldest. A listener has one name for the whole
 * installation, since routes, logs and metrics name it so. Pure.
 */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import { objectName } from './kube-objects.ts';
import { compareAge } from './object-age.ts';

export interface ListenerContestant extends Pick<KubeObject, 'metadata'> {
  /** The addresses it binds; empty if its spec cannot be read. */
  readonly bind: readonly string[];
}

export interface LostListener {
  readonly reason: 'NameTaken' | 'AddressTaken';
  /** `namespace/name` of the older one. */
  readonly winner: string;
  /** The name, or the address. */
  readonly what: string;
}

/** Those that lose, by `namespace/name`. */
export function judgeListeners(listeners: Iterable<ListenerContestant>): ReadonlyMap<string, LostListener> {
  const lost = new Map<string, LostListener>();
  const names = new Map<string, string>();
  const addresses = new Map<string, string>();
  for (const listener of [...listeners].toSorted(compareAge)) {
    const id = objectName(listener);
    const { name } = listener.metadata;
    const loss = lossOf(listener, names, addresses);
    if (loss !== null) {
      lost.set(id, loss);
      continue;
    }
    names.set(name, id);
    for (const address of addressesOf(listener)) addresses.set(address, id);
  }
  return lost;
}

function lossOf(
  listener: ListenerContestant,
  names: ReadonlyMap<string, string>,
  addresses: ReadonlyMap<string, string>,
): LostListener | null {
  const { name } = listener.metadata;
  const namesake = names.get(name);
  if (namesake !== undefined) return { reason: 'NameTaken', winner: namesake, what: name };
  for (const address of addressesOf(listener)) {
    const winner = addresses.get(address);
    if (winner !== undefined) return { reason: 'AddressTaken', winner, what: address };
  }
  return null;
}

/** Port 0 is another port each time. */
function addressesOf({ bind }: ListenerContestant): readonly string[] {
  return bind.flatMap((text) => {
    const parsed = parseBindAddress(text);
    return parsed.kind === 'valid' && parsed.value.port !== 0 ? [parsed.value.canonical] : [];
  });
}
