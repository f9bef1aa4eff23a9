/** A ProxyUser's spec as the state service takes a whole user. Pure. */
import type { CredentialCreation } from '@sluice/contract/state-api/credential-resource.ts';
import type { UserSpecReplacement } from '@sluice/contract/state-api/user-spec-resource.ts';
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import { verifierAlgorithms } from '@sluice/contract/verifier-algorithm.ts';
import { type SecretReadings, secretTextOf } from './secret-refs.ts';

export interface UserBodyInput {
  readonly spec: ProxyUserSpec;
  readonly readings: SecretReadings;
  readonly managedBy: string;
  readonly managedRevision: string;
}

/** As many as the state service keeps of a user. */
export const maxUserCredentials = 8;

/** Every reference can be used. */
export function userBody({ spec, readings, managedBy, managedRevision }: UserBodyInput): UserSpecReplacement {
  const { allow, quota, onRevoke, password, credentials = [] } = spec;
  const holders = [...(password === undefined ? [] : [password]), ...credentials];
  return {
    enabled: true,
    groups: [],
    destinations: allow === undefined ? 'Public' : 'Rules',
    rules: (allow ?? []).map(ruleOf),
    ...(quota === undefined ? {} : { quota }),
    onRevoke,
    credentials: holders.map((holder) => credentialOf(holder, readings)),
    managedBy,
    managedRevision,
  };
}

type Allow = NonNullable<ProxyUserSpec['allow']>[number];

function ruleOf({ domains, cidrs, ports }: Allow): NonNullable<UserSpecReplacement['rules']>[number] {
  return {
    ...(domains === undefined ? {} : { domains: [...domains] }),
    ...(cidrs === undefined ? {} : { cidrs: [...cidrs] }),
    ...(ports === undefined ? {} : { ports: [...ports] }),
  };
}

type Holder = NonNullable<ProxyUserSpec['credentials']>[number] | NonNullable<ProxyUserSpec['password']>;

function credentialOf(holder: Holder, readings: SecretReadings): CredentialCreation {
  const validity = 'notAfter' in holder ? { notAfter: holder.notAfter } : {};
  if (holder.secretRef !== undefined) {
    const text = secretTextOf(holder.secretRef, readings);
    if (text.kind === 'Password') return { password: text.password, ...validity };
    if (text.kind === 'Verifier') return { verifier: text.verifier, ...validity };
  }
  const algorithm = verifierAlgorithms.find((name) => holder[name] !== undefined);
  return { verifier: algorithm === undefined ? '' : (holder[algorithm] ?? ''), ...validity };
}
