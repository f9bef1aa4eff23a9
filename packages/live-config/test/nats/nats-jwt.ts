/** An operator, an account and users as JWTs, made for one test: the other way to tell a server who is who. */
import { nkeys } from '@nats-io/nats-core';
import { type NatsRole, natsInboxOf, natsPermissionsOf } from '../../src/nats/nats-roles.ts';

type KeyPair = ReturnType<typeof nkeys.createUser>;

export interface JwtSite {
  readonly serverConfig: string;
  /** The text of a credentials file for a role. */
  credentialsOf(role: NatsRole): string;
}

const unlimited = { conn: -1, subs: -1, data: -1, payload: -1, imports: -1, exports: -1, leaf: -1, wildcards: true };
const storage = { mem_storage: 2 ** 28, disk_storage: 2 ** 30, streams: -1, consumer: -1 };

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sign(name: string, subject: KeyPair, issuer: KeyPair, nats: object): string {
  const claims = {
    jti: name,
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name,
    nats: { version: 2, ...nats },
  };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}

/** Makes the keys; the server holds the account in its configuration. */
export function createJwtSite(): JwtSite {
  const [operator, account, system] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const operatorJwt = sign('sluice', operator, operator, { type: 'operator' });
  const accountJwt = sign('SLUICE', account, operator, { type: 'account', limits: { ...unlimited, ...storage } });
  const systemJwt = sign('SYS', system, operator, { type: 'account', limits: unlimited });
  return {
    serverConfig: [
      `operator: ${operatorJwt}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }`,
    ].join('\n'),
    credentialsOf: (role) => {
      const user = nkeys.createUser();
      const { publish, subscribe } = natsPermissionsOf(role);
      const permissions = { pub: { allow: publish }, sub: { allow: subscribe }, subs: -1, data: -1, payload: -1 };
      const jwt = sign(natsInboxOf(role), user, account, { type: 'user', ...permissions });
      const seed = new TextDecoder().decode(user.getSeed());
      return [
        `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------`,
        `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
      ].join('\n\n');
    },
  };
}
