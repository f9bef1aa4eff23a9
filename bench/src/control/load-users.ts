/** Many users put into Postgres by its own means: what their REST requests would have made, without the outbox. */
import type { ControlPlane } from '@sluice/testkit/control-plane.ts';

const groups = 100;

/** Of a migrated database in which no service runs. Users are `user-1` … with a verifier each, and one of a hundred groups with a rule. */
export async function loadUsers({ postgres, database }: ControlPlane, count: number): Promise<void> {
  const run = (statement: string): Promise<unknown> => postgres.run(statement, database.name);
  await run(`INSERT INTO groups (name) SELECT 'team-' || i FROM generate_series(0, ${groups - 1}) AS i`);
  await run(`INSERT INTO acl_rules (id, group_name, domains, ports)
    SELECT 'team-' || i, 'team-' || i, ARRAY['*.team-' || i || '.example.com', 'example.org'], ARRAY[443, 8443]
    FROM generate_series(0, ${groups - 1}) AS i`);
  await run(`INSERT INTO users (name, enabled, destinations, on_revoke)
    SELECT 'user-' || i, true, 'Rules', 'Keep' FROM generate_series(1, ${count}) AS i`);
  await run(`INSERT INTO memberships (user_name, group_name)
    SELECT 'user-' || i, 'team-' || i % ${groups} FROM generate_series(1, ${count}) AS i`);
  // Salt and hash of the right lengths; nobody logs in with them.
  await run(`INSERT INTO credentials (id, user_name, kind, verifier)
    SELECT lpad(i::text, 16, '0'), 'user-' || i, 'argon2id', '$argon2id$v=19$m=19456,t=2,p=1$'
      || rtrim(encode(substring(sha256(convert_to('salt ' || i, 'UTF8')) FROM 1 FOR 16), 'base64'), '=') || '$'
      || rtrim(encode(sha256(convert_to('hash ' || i, 'UTF8')), 'base64'), '=')
    FROM generate_series(1, ${count}) AS i`);
  await run('ANALYZE');
}
