import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import type { ExportRow, ImportConflictMode, ImportOutcome, ImportRow } from '../../src/domain/import-row.ts';
import type { PostgresStateStore } from '../../src/repositories/postgres-state-store.ts';
import { context, groupInput, prepareStores, ruleInput, scryptText, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));

async function* streamOf(rows: readonly ImportRow[]): AsyncGenerator<ImportRow> {
  for (const row of rows) {
    await Promise.resolve();
    yield row;
  }
}

async function importAll(
  store: PostgresStateStore,
  rows: readonly ImportRow[],
  onConflict: ImportConflictMode = 'Fail',
): Promise<readonly ImportOutcome[]> {
  const options = { onConflict, signal: new AbortController().signal };
  return await Array.fromAsync(store.importRows(context, streamOf(rows), options));
}

const userRow = (name: string, fields: Parameters<typeof userInput>[1] = {}): ImportRow => ({
  kind: 'User',
  user: userInput(name, fields),
  credentials: null,
});

/** What an import of the export would be given; users without credentials, as they are not exported. */
function asImport(row: ExportRow): ImportRow {
  return row.kind === 'User' ? { ...row, credentials: null } : row;
}

test('takes what an export gave, and gives the same again', async (t) => {
  const from = await openStore(t);
  await from.store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff', { description: 'here', quota: { connections: 4 } }));
    await unit.groups.create(groupInput('admins'));
    for (let index = 0; index < 700; index++) {
      const groups = index % 3 === 0 ? ['staff', 'admins'] : [];
      await unit.users.create(userInput(`user${index}`, { groups, destinations: 'Rules', enabled: index % 2 === 0 }));
    }
    await unit.credentials.create('user0', { verifier: { kind: 'scrypt', text: scryptText }, notAfter: null });
    await unit.aclRules.create(ruleInput({ user: 'user1' }, { ports: [80, 443], comment: 'web' }));
    await unit.aclRules.create(ruleInput({ group: 'staff' }, { domains: null, cidrs: ['10.0.0.0/8'] }));
  });
  const exported = await Array.fromAsync(from.store.exportRows());
  assert.equal(exported.length, 2 + 700 + 2);
  assert.ok(!JSON.stringify(exported).includes(scryptText), 'a verifier is exported');
  const to = await openStore(t);
  const outcomes = await importAll(to.store, exported.map(asImport));
  assert.deepEqual(
    outcomes.filter(({ kind }) => kind !== 'Created'),
    [],
  );
  assert.deepEqual(await Array.fromAsync(to.store.exportRows()), exported);
  const again = await importAll(to.store, exported.map(asImport), 'Replace');
  assert.deepEqual(
    again.filter(({ kind }) => kind !== 'Replaced'),
    [],
  );
  assert.deepEqual(await Array.fromAsync(to.store.exportRows()), exported);
});

test('says of each row what became of it, in order, and lets the good ones in', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('there')));
  const outcomes = await importAll(store, [
    userRow('first'),
    userRow('there'),
    userRow('lost', { groups: ['nowhere'] }),
    userRow('bad:name'),
    userRow('twice'),
    userRow('twice'),
    { kind: 'Group', group: groupInput('staff') },
    { kind: 'Group', group: groupInput('bad name') },
    { kind: 'Group', group: groupInput('staff') },
    userRow('member', { groups: ['staff'] }),
    { kind: 'AclRule', id: 'rule-1', rule: ruleInput({ user: 'member' }) },
    { kind: 'AclRule', id: 'rule-1', rule: ruleInput({ user: 'member' }) },
    { kind: 'AclRule', id: null, rule: ruleInput({ user: 'nobody' }) },
    userRow('last'),
  ]);
  const shown = outcomes.map((outcome) => `${outcome.name} ${outcome.kind === 'Failed' ? outcome.code : outcome.kind}`);
  assert.deepEqual(shown, [
    'first Created',
    'there SLUICE_ALREADY_EXISTS',
    'lost SLUICE_UNKNOWN_REFERENCE',
    'bad:name SLUICE_INVALID_VALUE',
    'twice Created',
    'twice SLUICE_ALREADY_EXISTS',
    'staff Created',
    'bad name SLUICE_INVALID_VALUE',
    'staff SLUICE_ALREADY_EXISTS',
    'member Created',
    'rule-1 Created',
    'rule-1 SLUICE_ALREADY_EXISTS',
    ' SLUICE_UNKNOWN_REFERENCE',
    'last Created',
  ]);
  const names = await sql('SELECT name FROM users ORDER BY name');
  assert.deepEqual(
    names.map(({ name }) => name),
    ['first', 'last', 'member', 'there', 'twice'],
  );
});

test('replaces what is there, credentials only where some are given', async (t) => {
  const { store, sql } = await openStore(t);
  const credential = { verifier: { kind: 'scrypt', text: scryptText }, notAfter: null } as const;
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('old'));
    await unit.groups.create(groupInput('new'));
    for (const name of ['kept', 'changed']) {
      await unit.users.create(userInput(name, { groups: ['old'] }));
      await unit.credentials.create(name, credential);
    }
  });
  await sql('DELETE FROM outbox');
  const outcomes = await importAll(
    store,
    [
      userRow('kept', { groups: ['new'], quota: { connections: 2 } }),
      { kind: 'User', user: userInput('changed'), credentials: [credential, credential] },
      { kind: 'User', user: userInput('fresh'), credentials: [credential] },
    ],
    'Replace',
  );
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['Replaced', 'Replaced', 'Created'],
  );
  const kept = await store.read((unit) => unit.users.find('kept'));
  assert.deepEqual([kept?.groups, kept?.quota], [['new'], { connections: 2 }]);
  const counts = await sql('SELECT user_name, count(*)::int AS n FROM credentials GROUP BY 1 ORDER BY 1');
  assert.deepEqual(counts, [
    { user_name: 'changed', n: 2 },
    { user_name: 'fresh', n: 1 },
    { user_name: 'kept', n: 1 },
  ]);
  assert.equal((await sql('SELECT 1 FROM outbox')).length, 3);
  const logged = JSON.stringify(await sql(`SELECT * FROM audit_log WHERE action = 'Imported'`));
  assert.ok(logged.includes('"scrypt"') && !logged.includes(scryptText));
});

test('imports 20 000 users in seconds, and stops where it is told to', async (t) => {
  const { store, sql } = await openStore(t);
  const rows = Array.from({ length: 20_000 }, (_, index) => userRow(`user${index}`));
  const begun = performance.now();
  const outcomes = await importAll(store, rows);
  t.diagnostic(`20 000 users in ${Math.round(performance.now() - begun)} ms`);
  assert.equal(outcomes.filter(({ kind }) => kind === 'Created').length, 20_000);
  const stop = new AbortController();
  let seen = 0;
  const more = Array.from({ length: 2_000 }, (_, index) => userRow(`more${index}`));
  const importing = async (): Promise<void> => {
    const options = { onConflict: 'Fail', signal: stop.signal } as const;
    for await (const outcome of store.importRows(context, streamOf(more), options)) {
      assert.equal(outcome.kind, 'Created');
      seen += 1;
      if (seen === 500) stop.abort();
    }
  };
  await assert.rejects(importing(), { name: 'AbortError' });
  const [{ n } = {}] = await sql(`SELECT count(*)::int AS n FROM users WHERE name LIKE 'more%'`);
  assert.equal(n, 500);
});

test('imports rules in sets, touches whom they concern, and refuses the one that is too many', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff'));
    await unit.users.create(userInput('full'));
    await unit.users.create(userInput('member', { groups: ['staff'] }));
  });
  await sql(
    `INSERT INTO users (name, enabled, destinations, on_revoke) SELECT 'u' || n, true, 'Rules', 'Keep' FROM generate_series(1, 5000) AS n`,
  );
  await sql('DELETE FROM outbox');
  const begun = performance.now();
  const many = await importAll(
    store,
    Array.from({ length: 5_000 }, (_, index): ImportRow => {
      return { kind: 'AclRule', id: null, rule: ruleInput({ user: `u${index + 1}` }, { ports: [index + 1] }) };
    }),
  );
  t.diagnostic(`5 000 rules in ${Math.round(performance.now() - begun)} ms`);
  assert.deepEqual(
    many.filter(({ kind }) => kind !== 'Created'),
    [],
  );
  await importAll(store, [{ kind: 'AclRule', id: 'shared', rule: ruleInput({ group: 'staff' }) }]);
  const outbox = await sql(`SELECT count(*)::int AS rows, bool_or(user_name = 'member') AS member FROM outbox`);
  assert.deepEqual(outbox, [{ rows: 5_001, member: true }]);
  const tooMany = await importAll(
    store,
    Array.from({ length: 257 }, (): ImportRow => ({ kind: 'AclRule', id: null, rule: ruleInput({ user: 'full' }) })),
  );
  const last = tooMany.at(-1);
  assert.deepEqual(
    tooMany.slice(0, -1).filter(({ kind }) => kind !== 'Created'),
    [],
  );
  assert.ok(last?.kind === 'Failed' && last.code === 'SLUICE_LIMIT_EXCEEDED', JSON.stringify(last));
  const stolen = await importAll(
    store,
    [{ kind: 'AclRule', id: 'shared', rule: ruleInput({ user: 'full' }) }],
    'Replace',
  );
  assert.equal(stolen[0]?.kind === 'Failed' && stolen[0].code, 'SLUICE_ALREADY_EXISTS');
});
