/**
 * What the range `users` must be by the rows in Postgres, worked out from decision 0010 and not with the code under test: the
 * digest that every proxy has to have, and the names. Knows the users that tests make: groups, rules by network, verifiers.
 */
import { createHash } from 'node:crypto';
import type { PostgresServer, TestDatabase } from './postgres-server.ts';

export interface UsersInPostgres {
  readonly digest: string;
  /** Enabled ones. */
  readonly count: number;
  readonly names: ReadonlySet<string>;
}

interface UserRow {
  readonly name: string;
  readonly generation: string;
  readonly enabled: boolean;
  readonly destinations: 'Public' | 'Rules';
  readonly on_revoke: string;
  readonly credentials: readonly { readonly kind: string; readonly verifier: string }[] | null;
  readonly rules: readonly { readonly cidrs: readonly string[] }[] | null;
}

const statement = `
  SELECT u.name, u.generation::text, u.enabled, u.destinations, u.on_revoke,
    (SELECT json_agg(json_build_object('kind', c.kind, 'verifier', c.verifier) ORDER BY c.position)
       FROM credentials c WHERE c.user_name = u.name) AS credentials,
    (SELECT json_agg(json_build_object('cidrs', r.cidrs) ORDER BY r.group_name, r.position)
       FROM acl_rules r JOIN memberships m USING (group_name) WHERE m.user_name = u.name) AS rules
  FROM users u`;

const modulus = 2n ** 256n;

/** Keys in the order of the alphabet, as the digest wants them. */
function specText({ credentials, destinations, rules, on_revoke: onRevoke }: UserRow): string {
  const allow = (rules ?? []).map(({ cidrs }) => ({ cidrs }));
  const list = (credentials ?? []).map(({ kind, verifier }) => ({ [kind]: verifier }));
  return JSON.stringify({ ...(destinations === 'Public' ? {} : { allow }), credentials: list, onRevoke });
}

/** Characters other than letters, digits, - and _ would be escaped in a key: tests have none. */
function hashOf(row: UserRow): bigint {
  const text = `users.${row.name}\0${row.generation}\0${specText(row)}`;
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
}

export async function readUsersInPostgres(postgres: PostgresServer, database: TestDatabase): Promise<UsersInPostgres> {
  const rows = (await postgres.run(statement, database.name)) as unknown as readonly UserRow[];
  const enabled = rows.filter((row) => row.enabled);
  const sum = enabled.reduce((total, row) => (total + hashOf(row)) % modulus, 0n);
  return {
    digest: sum.toString(16).padStart(64, '0'),
    count: enabled.length,
    names: new Set(rows.map(({ name }) => name)),
  };
}
