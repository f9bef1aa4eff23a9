import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { publicKeyOfSeed } from '@sluice/live-config/nats/nkey-pair.ts';
import { parseKey } from '@sluice/runtime/api-key-text.ts';
import { makeSecrets } from '../../src/install/make-secrets.ts';
import { type InstallNeeds, planSecrets } from '../../src/install/secret-plan.ts';
import { UnusableSecretError } from '../../src/install/unusable-secret-error.ts';
import { MemorySecretStore } from './memory-secret-store.ts';

const needs: InstallNeeds = {
  prefix: 'edge',
  nats: true,
  stateService: true,
  grafana: true,
  postgres: { host: 'edge-postgres', port: 5432, database: 'sluice', user: 'sluice' },
};
const allNames = [
  'edge-ack-key',
  'edge-admin-api-key',
  'edge-grafana',
  'edge-nats-admin',
  'edge-nats-keys',
  'edge-nats-operator',
  'edge-nats-proxy',
  'edge-nats-state-service',
  'edge-operator-api-key',
  'edge-pepper',
  'edge-postgres',
];
const signal = new AbortController().signal;

function makeIn(store: MemorySecretStore, wanted: InstallNeeds = needs) {
  return makeSecrets(wanted, { store, random: randomBytes, signal });
}

function valueOf(store: MemorySecretStore, name: string, key: string): string {
  const text = store.secrets.get(name)?.data[key];
  assert.ok(text !== undefined, `${name} has no ${key}`);
  return text;
}

test('makes every Secret of an installation, each with what its reader takes', async () => {
  const store = new MemorySecretStore();
  const made = await makeIn(store);
  assert.deepEqual([...store.secrets.keys()].toSorted(), allNames);
  assert.deepEqual([...made.created].toSorted(), allNames);
  const password = valueOf(store, 'edge-postgres', 'password');
  assert.match(password, /^[A-Za-z0-9_-]{43}$/);
  const url = new URL(valueOf(store, 'edge-postgres', 'url'));
  assert.equal(url.href, `postgres://sluice:${password}@edge-postgres:5432/sluice`);
  for (const name of ['edge-admin-api-key', 'edge-operator-api-key']) {
    assert.equal(parseKey(valueOf(store, name, 'key')).kind, 'Key');
  }
  assert.notEqual(valueOf(store, 'edge-admin-api-key', 'key'), valueOf(store, 'edge-operator-api-key', 'key'));
  assert.ok(Buffer.from(valueOf(store, 'edge-pepper', 'pepper')).length >= 32);
  assert.ok(Buffer.from(valueOf(store, 'edge-ack-key', 'key')).length >= 16);
});

test('lists the public key of each role, and no seed', async () => {
  const store = new MemorySecretStore();
  await makeIn(store);
  const keys = valueOf(store, 'edge-nats-keys', 'keys.conf');
  for (const [role, variable] of [
    ['proxy', 'SLUICE_PROXY_NKEY'],
    ['state-service', 'SLUICE_STATE_SERVICE_NKEY'],
    ['operator', 'SLUICE_OPERATOR_NKEY'],
    ['admin', 'SLUICE_ADMIN_NKEY'],
  ] as const) {
    const seed = valueOf(store, `edge-nats-${role}`, 'seed').trim();
    assert.ok(keys.includes(`${variable}: ${publicKeyOfSeed(seed)}\n`), keys);
    assert.ok(!keys.includes(seed.slice(0, 10)));
  }
});

test('a second run writes nothing', async () => {
  const store = new MemorySecretStore();
  await makeIn(store);
  const writes = store.writes.length;
  const made = await makeIn(store);
  assert.equal(store.writes.length, writes);
  assert.deepEqual([...made.present].toSorted(), allNames);
  assert.deepEqual(made.created, []);
});

test('what is there already is left as it is, and the rest is made', async () => {
  const store = new MemorySecretStore();
  await store.create('edge-pepper', { pepper: 'brought along, thirty-two bytes of it', note: 'ours' });
  const made = await makeIn(store);
  assert.deepEqual(made.present, ['edge-pepper']);
  assert.deepEqual(store.secrets.get('edge-pepper')?.data, {
    pepper: 'brought along, thirty-two bytes of it',
    note: 'ours',
  });
});

test('an installation with a NATS server and a database of others gets no keys for them', async () => {
  const store = new MemorySecretStore();
  await makeIn(store, { ...needs, nats: false, postgres: null, grafana: false });
  assert.deepEqual([...store.secrets.keys()].toSorted(), [
    'edge-ack-key',
    'edge-admin-api-key',
    'edge-operator-api-key',
    'edge-pepper',
  ]);
});

test('a seed that was deleted is made anew, and the list of public keys follows', async () => {
  const store = new MemorySecretStore();
  await makeIn(store);
  const before = valueOf(store, 'edge-nats-keys', 'keys.conf');
  store.secrets.delete('edge-nats-proxy');
  const made = await makeIn(store);
  assert.deepEqual(made.created, ['edge-nats-proxy']);
  assert.deepEqual(made.updated, ['edge-nats-keys']);
  const after = valueOf(store, 'edge-nats-keys', 'keys.conf');
  assert.notEqual(after, before);
  const seed = valueOf(store, 'edge-nats-proxy', 'seed').trim();
  assert.ok(after.includes(publicKeyOfSeed(seed) ?? 'none'));
});

test('eight at once make each Secret once, and all see the same', async () => {
  const store = new MemorySecretStore();
  const all = await Promise.all(Array.from({ length: 8 }, () => makeIn(store)));
  assert.equal(store.writes.length, allNames.length);
  assert.deepEqual(all.flatMap(({ created }) => created).toSorted(), allNames);
});

test('stopped before any request and started again, it ends with a whole set and keeps what was made', async () => {
  const probe = new MemorySecretStore();
  let requests = 0;
  probe.fault = () => {
    requests++;
  };
  await makeIn(probe);
  assert.ok(requests > allNames.length);
  for (let failing = 0; failing < requests; failing++) {
    const store = new MemorySecretStore();
    let left = failing;
    store.fault = () => {
      if (left-- === 0) throw new Error('the process was killed');
    };
    await assert.rejects(makeIn(store), /killed/);
    const kept = new Map([...store.secrets].map(([name, { data }]) => [name, data]));
    store.fault = () => {};
    await makeIn(store);
    assert.deepEqual([...store.secrets.keys()].toSorted(), allNames);
    for (const [name, data] of kept) assert.deepEqual(store.secrets.get(name)?.data, data);
  }
});

test('a Secret that cannot be used is named with its key and the remedy, and is not replaced', async () => {
  for (const { name, check } of planSecrets(needs)) {
    for (const key of Object.keys(check)) {
      const store = new MemorySecretStore();
      await makeIn(store);
      const whole = store.secrets.get(name)?.data ?? {};
      store.secrets.set(name, { data: { ...whole, [key]: ' ' }, version: 99 });
      await assert.rejects(makeIn(store), (error: unknown) => {
        assert.ok(error instanceof UnusableSecretError);
        assert.deepEqual([error.secret, error.key], [name, key]);
        assert.match(error.message, /delete the Secret to have it made anew/);
        return true;
      });
      assert.equal(store.secrets.get(name)?.version, 99);
    }
  }
});

test('the message about a seed that is mistyped repeats nothing of it', async () => {
  const store = new MemorySecretStore();
  await store.create('edge-nats-proxy', { seed: 'SUAMISTYPED' });
  await assert.rejects(makeIn(store), (error: unknown) => error instanceof Error && !error.message.includes('SUAM'));
});
