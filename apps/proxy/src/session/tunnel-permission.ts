/** Whether what a tunnel was opened by still holds: the user, the credential, the rules. Pure but for what it is handed. */
import { judgeDestination } from '../policy/destination-policy.ts';
import type { UserRulesCache } from '../policy/user-rules-cache.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { isLiveVerifier } from '../users/live-credentials.ts';
import type { UserDirectory } from '../users/user-directory.ts';
import type { UserRecord } from '../users/user-table.ts';
import type { Tunnel } from './tunnel.ts';

export interface TunnelPermissionDeps {
  readonly users: Pick<UserDirectory, 'find'>;
  readonly rules: UserRulesCache;
  /** On which the proxy itself can be reached. */
  readonly ownAddresses: () => readonly IpAddress[];
  readonly unixMs: () => number;
}

export class TunnelPermission {
  readonly #deps: TunnelPermissionDeps;

  constructor(deps: TunnelPermissionDeps) {
    this.#deps = deps;
  }

  /** Of a tunnel's user as it is now, or undefined when that very user is gone. */
  recordOf({ user, against }: Tunnel): UserRecord | undefined {
    const record = this.#deps.users.find(user);
    return record?.birth === against.birth ? record : undefined;
  }

  isCredentialGood(record: UserRecord, { against }: Tunnel): boolean {
    return isLiveVerifier(record, against.verifier, this.#deps.unixMs());
  }

  /** `tunnel` null: a client that gave no credentials, for whom every public destination is allowed. */
  mayReach(
    tunnel: Tunnel | null,
    asked: { readonly domain: string | null; readonly port: number },
    address: IpAddress,
  ): boolean {
    const record = tunnel === null ? null : this.recordOf(tunnel);
    if (record === undefined) return false; // removed since the password was checked
    const rules = record === null ? null : this.#deps.rules.rulesOf(record.allow);
    return judgeDestination(rules, { ...asked, address }, this.#deps.ownAddresses()).kind === 'allowed';
  }
}
