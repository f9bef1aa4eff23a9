import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { conditionOf } from '../operator-lab.ts';
import { startUserLab, type UserLab } from './user-lab.ts';

const skip = await whyNoNatsServer();
const lab = skip === false ? await openLab() : null;
const argon2id = createCheapVerifier('correct horse');

async function openLab(): Promise<UserLab> {
  const scope = { after };
  const opened = await startUserLab(scope);
  for (const name of ['edge-0', 'edge-1']) opened.startProxy(name);
  await opened.startOperator();
  return opened;
}

function theLab(): UserLab {
  if (lab === null) throw new Error('skipped tests do not run');
  return lab;
}

test('a ProxyUser is stored, in force on every proxy, and says so; changed, it changes', { skip }, async () => {
  const { specs } = theLab();
  await theLab().apply('alice', { password: { argon2id }, allow: [{ ports: [443] }] });
  const status = await theLab().until('alice', 'Ready', 'True Ready');
  const { programmed, login, destinations, observedGeneration } = status;
  assert.deepEqual([programmed, login, destinations, observedGeneration], ['2/2', 'argon2id', '1 rule', 1]);
  assert.deepEqual(specs.get('users.alice'), {
    credentials: [{ argon2id }],
    allow: [{ ports: [443] }],
    onRevoke: 'Keep',
  });
  const kept = await theLab().kept('alice');
  assert.deepEqual([kept?.managedBy, kept?.version], ['kubernetes/default', status['version']]);
  assert.deepEqual(await finalizersOf('alice'), ['sluice.dev/user']);
  await theLab().apply('alice', { password: { argon2id }, quota: { connections: 3 } });
  await eventually(() => assert.deepEqual(specs.get('users.alice')?.['quota'], { connections: 3 }));
  await eventually(async () => {
    const { observedGeneration: seen, conditions } = await theLab().until('alice', 'Ready', 'True Ready');
    assert.equal(seen, 2);
    assert.ok(conditions?.every((one) => one.observedGeneration === 2));
  });
});

async function finalizersOf(name: string): Promise<unknown> {
  const { metadata } = (await theLab().object(name)) as { readonly metadata: { readonly finalizers?: unknown } };
  return metadata.finalizers;
}

test('a deleted one takes its user with it, one that is to stay leaves it to nobody', { skip }, async () => {
  for (const name of ['brief', 'stays']) await theLab().apply(name, { password: { argon2id } });
  await theLab().annotate('stays', { 'sluice.dev/deletion-policy': 'Retain' });
  for (const name of ['brief', 'stays']) await theLab().until(name, 'Ready', 'True Ready');
  for (const name of ['brief', 'stays']) await theLab().delete(name);
  for (const name of ['brief', 'stays']) await theLab().untilGone(name);
  assert.equal(await theLab().kept('brief'), null);
  const kept = await theLab().kept('stays');
  assert.deepEqual([kept?.managedBy, kept?.credentials.length], [undefined, 1]);
  await eventually(() => assert.equal(theLab().specs.has('users.brief'), false));
});

test('a password from a Secret is hashed once; a Secret that is missing is waited for', { skip }, async () => {
  const name = 'secret-user';
  await theLab().apply(name, { password: { secretRef: { name: 'pw', key: 'password' } } });
  const missing = await theLab().until(name, 'ResolvedRefs', 'False SecretNotFound');
  assert.match(conditionOf(missing, 'ResolvedRefs')?.message ?? '', /Secret pw/);
  assert.equal(conditionOf(missing, 'Stalled')?.status, 'False');
  assert.equal(await theLab().kept(name), null);
  await theLab().setSecret('pw', { password: 'hunter2\n' });
  const status = await theLab().until(name, 'Ready', 'True Ready');
  const [secret] = status['secrets'] as readonly { readonly name: string; readonly resourceVersion: string }[];
  assert.equal(secret?.name, 'pw');
  const [first] = (await theLab().kept(name))?.credentials ?? [];
  assert.equal(first?.kind, 'argon2id');
  // Whatever else happens to the object, the credential stays.
  await theLab().annotate(name, { note: 'one' });
  await theLab().apply('bystander', { password: { argon2id } });
  await theLab().until('bystander', 'Ready', 'True Ready');
  assert.deepEqual((await theLab().kept(name))?.credentials, [first]);
  await theLab().setSecret('pw', { password: 'hunter3' });
  await theLab().annotate(name, { note: 'two' });
  await eventually(async () => {
    const credentials = (await theLab().kept(name))?.credentials ?? [];
    assert.equal(credentials.length, 1);
    assert.notEqual(credentials[0]?.id, first.id);
  });
  const text = JSON.stringify([await theLab().object(name), theLab().objects.lines]);
  for (const password of ['hunter2', 'hunter3']) assert.ok(!text.includes(password));
});

test('what others change in the state service is shown and stays until the spec changes or it is allowed', {
  skip,
}, async () => {
  const name = 'edited';
  await theLab().apply(name, { password: { argon2id } });
  await theLab().until(name, 'Ready', 'True Ready');
  await theLab().ask('PATCH', `/v1/users/${name}`, { enabled: false, quota: { connections: 1 } });
  const status = await theLab().until(name, 'Drifted', 'True EditedElsewhere');
  assert.deepEqual(status['drift'], ['enabled', 'quota']);
  await theLab().until(name, 'Stalled', 'True EditedElsewhere');
  assert.equal((await theLab().kept(name))?.enabled, false);
  await theLab().annotate(name, { 'sluice.dev/overwrite': 'true' });
  await theLab().until(name, 'Ready', 'True Ready');
  assert.equal((await theLab().kept(name))?.enabled, true);
  await theLab().annotate(name, { 'sluice.dev/overwrite': 'no' });
  await theLab().ask('POST', '/v1/acl-rules', { user: name, ports: [22] });
  assert.deepEqual((await theLab().until(name, 'Drifted', 'True EditedElsewhere'))['drift'], ['allow']);
  await theLab().apply(name, { password: { argon2id }, onRevoke: 'Disconnect' });
  await theLab().until(name, 'Ready', 'True Ready');
  assert.deepEqual((await theLab().kept(name))?.rules, []);
});

test('a user that was there before is touched only with leave', { skip }, async () => {
  const name = 'older';
  await theLab().ask('POST', '/v1/users', { name, destinations: 'Rules' });
  await theLab().apply(name, { password: { argon2id } });
  await theLab().until(name, 'Conflicted', 'True ExistsElsewhere');
  assert.equal((await theLab().kept(name))?.managedBy, undefined);
  assert.equal(await finalizersOf(name), undefined);
  await theLab().annotate(name, { 'sluice.dev/adopt': 'true' });
  await theLab().until(name, 'Ready', 'True Ready');
  assert.equal((await theLab().kept(name))?.managedBy, 'kubernetes/default');
});

test('of two objects of one name the older is the user, and the younger takes it over when that goes', {
  skip,
}, async () => {
  const other = await theLab().kube.createNamespace();
  await theLab().apply('twin', { password: { argon2id }, quota: { connections: 1 } });
  await theLab().until('twin', 'Ready', 'True Ready');
  // Both may be of the same second; then the name of the namespace decides.
  await theLab().apply('twin', { password: { argon2id }, quota: { connections: 2 } }, other);
  const lost = await theLab().until('twin', 'Conflicted', 'True NameTaken', other);
  assert.equal(lost.conflictsWith, 'default/twin');
  assert.equal((await theLab().kept('twin'))?.managedBy, 'kubernetes/default');
  await theLab().delete('twin');
  await theLab().untilGone('twin');
  await theLab().until('twin', 'Ready', 'True Ready', other);
  assert.equal((await theLab().kept('twin'))?.managedBy, `kubernetes/${other}`);
});
test('a spec that is not right is said with its field, and the last good one stays in force', { skip }, async () => {
  await theLab().apply('odd', { password: { argon2id }, quota: { connections: 5 } });
  await theLab().until('odd', 'Ready', 'True Ready');
  await theLab().apply('odd', { password: { argon2id }, quota: { connections: 0 } });
  const status = await theLab().until('odd', 'Accepted', 'False Invalid');
  assert.match(conditionOf(status, 'Accepted')?.message ?? '', /spec\.quota\.connections/);
  assert.equal(conditionOf(status, 'Stalled')?.status, 'True');
  assert.deepEqual(theLab().specs.get('users.odd')?.['quota'], { connections: 5 });
});

test('nothing is written while nothing changes', { skip }, async () => {
  const facts = async (): Promise<readonly unknown[]> => {
    const kept = await theLab().kept('alice');
    return [theLab().objects.statusWrites, theLab().objects.events, kept?.generation];
  };
  await eventually(async () => {
    const before = await facts();
    await theLab().lists(2);
    assert.deepEqual(await facts(), before);
  });
});
