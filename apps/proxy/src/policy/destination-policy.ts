/**
 * Whether a forward proxy's user may connect to an address (design section 3, Users). Pure. It judges the binary address that
 * is dialled, after resolution: no name, spelling or second answer of a resolver comes between judgement and connect. The
 * caller judges each address of a name and dials the first that is allowed.
 */
import type { IpAddress } from '../routing/ip-address.ts';
import { canonicalName } from '../routing/name-table.ts';
import type { CompiledAllowRules } from './compile-allow-rules.ts';
import { withEmbeddedAddresses } from './embedded-addresses.ts';
import { type SpecialRangeKind, specialRangeOf } from './special-range.ts';

export interface DialledDestination {
  /** The name the client asked for; null when it asked for an address: then no domain rule holds. */
  readonly domain: string | null;
  /** What is passed to connect(2). */
  readonly address: IpAddress;
  readonly port: number;
}

export type DestinationJudgement =
  /** `rule` is the position in `allow`; null for a user without. */
  | { readonly kind: 'allowed'; readonly rule: number | null }
  /** `NoRule`: a public address that no rule names; else the special range that none names. */
  | { readonly kind: 'denied'; readonly reason: 'NoRule' | SpecialRangeKind };

/**
 * Judges one address. `rules` null: the user has no `allow`. `ownAddresses` are those on which the proxy can be reached
 * (listeners and admin, a wildcard bind standing for every address of the machine).
 */
export function judgeDestination(
  rules: CompiledAllowRules | null,
  destination: DialledDestination,
  ownAddresses: readonly IpAddress[],
): DestinationJudgement {
  const addresses = withEmbeddedAddresses(destination.address).map((address) => ({
    address,
    special: specialRangeOf(address, ownAddresses),
  }));
  const reason = addresses.find(({ special }) => special !== undefined)?.special?.kind ?? 'NoRule';
  if (rules === null) return reason === 'NoRule' ? { kind: 'allowed', rule: null } : { kind: 'denied', reason };
  const domain = destination.domain === null ? null : canonicalName(destination.domain);
  const rule = rules.firstMatch({ domain, addresses, port: destination.port });
  return rule === undefined ? { kind: 'denied', reason } : { kind: 'allowed', rule };
}
