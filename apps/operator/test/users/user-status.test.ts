import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { Delivery } from '../../src/specs/delivery.ts';
import type { StatusMoment } from '../../src/specs/resource-status.ts';
import { type UserOutcome, userStatus } from '../../src/users/user-status.ts';
import { proxyUser, specOf } from './proxy-user.ts';

const nowMs = Date.parse('2026-11-27T07:00:00Z');
const fresh: StatusMoment = { held: [], nowMs };
const everywhere: Delivery = {
  kind: 'Counted',
  generation: 5,
  rollout: { proxies: 3, acknowledged: 3, rejections: [] },
};

function statusOf(outcome: UserOutcome, delivery: Delivery = everywhere, moment: StatusMoment = fresh) {
  const facts = { object: proxyUser({ generation: 4 }), spec: specOf(), outcome, delivery, stored: { version: 3 } };
  const { status, againInMs } = userStatus(facts, moment);
  const said = Object.fromEntries(status.conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
  const message = Object.fromEntries(status.conditions.map((one) => [one.type, one.message]));
  return { status, againInMs, said, message };
}

test('a user that every proxy has in force is ready, and its columns say what it is', () => {
  const { status, said, againInMs } = statusOf({ kind: 'Stored' });
  assert.deepEqual(said, {
    Accepted: 'True Accepted',
    ResolvedRefs: 'True ResolvedRefs',
    Conflicted: 'False NoConflict',
    Programmed: 'True Programmed',
    Drifted: 'False AsApplied',
    Ready: 'True Ready',
    Stalled: 'False Progressing',
    Reconciling: 'False Settled',
  });
  const { programmed, observedGeneration, login, destinations, version } = status;
  assert.deepEqual([programmed, observedGeneration, login, destinations, version], ['3/3', 4, 'scrypt', 'Public', 3]);
  assert.equal(againInMs, null);
});

test('the column of the login counts the credentials', () => {
  const loginOf = (spec: Partial<ProxyUserSpec>): unknown =>
    userStatus(
      {
        object: proxyUser(),
        spec: { onRevoke: 'Keep', ...spec },
        outcome: { kind: 'Stored' },
        delivery: everywhere,
        stored: {},
      },
      fresh,
    ).status['login'];
  const secretRef = { name: 'alice', key: 'password' };
  assert.equal(loginOf({ credentials: [] }), 'None');
  assert.equal(loginOf({ credentials: [{ secretRef }] }), '1 credential');
  assert.equal(
    loginOf({ password: { secretRef }, credentials: [{ secretRef }, { secretRef }] }),
    'Secret alice + 2 credentials',
  );
});

test('every way of not being ready says its reason, and whether waiting is of use', () => {
  const rolling: Delivery = {
    kind: 'Counted',
    generation: 5,
    rollout: { proxies: 3, acknowledged: 1, rejections: [] },
  };
  const cases: readonly (readonly [UserOutcome, Delivery, Readonly<Record<string, string>>])[] = [
    [
      { kind: 'Stored' },
      { kind: 'Waiting' },
      { Programmed: 'False Publishing', Ready: 'False Publishing', Reconciling: 'True Publishing' },
    ],
    [
      { kind: 'Stored' },
      rolling,
      { Programmed: 'False RollingOut', Reconciling: 'True RollingOut', Stalled: 'False Progressing' },
    ],
    [
      { kind: 'Invalid', problems: ['spec.quota is odd (mend it)'] },
      everywhere,
      { Accepted: 'False Invalid', Ready: 'False Invalid', Stalled: 'True Invalid', Reconciling: 'False Settled' },
    ],
    [{ kind: 'Refused', reason: 'too many rules' }, everywhere, { Accepted: 'False Refused', Stalled: 'True Refused' }],
    [
      { kind: 'Unresolved', problem: { reason: 'SecretNotFound', message: 'none' } },
      { kind: 'NotPublished' },
      {
        ResolvedRefs: 'False SecretNotFound',
        Ready: 'False SecretNotFound',
        Reconciling: 'True SecretNotFound',
        Stalled: 'False Progressing',
      },
    ],
    [
      { kind: 'Unavailable', reason: 'away' },
      { kind: 'Waiting' },
      {
        Programmed: 'False StateServiceUnavailable',
        Ready: 'False StateServiceUnavailable',
        Reconciling: 'True StateServiceUnavailable',
        Stalled: 'False Progressing',
      },
    ],
    [
      { kind: 'NameTaken', winner: 'team-b/alice' },
      { kind: 'NotPublished' },
      { Conflicted: 'True NameTaken', Ready: 'False NameTaken' },
    ],
    [
      { kind: 'ExistsElsewhere', managedBy: null },
      { kind: 'NotPublished' },
      { Conflicted: 'True ExistsElsewhere', Ready: 'False ExistsElsewhere' },
    ],
    [
      { kind: 'Drifted', fields: ['enabled'], tag: 't' },
      everywhere,
      { Drifted: 'True EditedElsewhere', Programmed: 'False EditedElsewhere', Ready: 'False EditedElsewhere' },
    ],
  ];
  for (const [outcome, delivery, expected] of cases) {
    const { said } = statusOf(outcome, delivery);
    for (const [type, text] of Object.entries(expected)) assert.equal(said[type], text, `${outcome.kind} ${type}`);
  }
});

test('a rejection names the proxy and its reason', () => {
  const rejections = [{ proxy: 'edge-2', reason: 'no room' }];
  const delivery: Delivery = { kind: 'Counted', generation: 5, rollout: { proxies: 3, acknowledged: 2, rejections } };
  const { said, message } = statusOf({ kind: 'Stored' }, delivery);
  assert.equal(said['Programmed'], 'False Rejected');
  assert.match(message['Programmed'] ?? '', /2\/3 .*edge-2: no room/);
});

test('a conflict, a drift and a rejection stall only once they have lasted', () => {
  const outcome: UserOutcome = { kind: 'Drifted', fields: ['enabled', 'allow'], tag: 'tag-9' };
  const { said, againInMs, status, message } = statusOf(outcome);
  assert.equal(said['Stalled'], 'False Progressing');
  assert.ok(againInMs !== null && againInMs > 0 && againInMs <= 5_100);
  assert.deepEqual(status['drift'], ['enabled', 'allow']);
  assert.match(message['Drifted'] ?? '', /enabled, allow.*sluice\.dev\/overwrite=tag-9/);
  const since = { type: 'Drifted', status: 'True', reason: 'EditedElsewhere', message: '' } as const;
  const held = [{ ...since, lastTransitionTime: '2026-11-27T06:59:50Z' }];
  const later = statusOf(outcome, everywhere, { held, nowMs });
  assert.equal(later.said['Stalled'], 'True EditedElsewhere');
  assert.equal(later.againInMs, null);
});

test('conflicts say the winner or the remedy', () => {
  const taken = statusOf({ kind: 'NameTaken', winner: 'team-b/alice' });
  assert.equal(taken.status['conflictsWith'], 'team-b/alice');
  assert.match(taken.message['Conflicted'] ?? '', /team-b\/alice/);
  const elsewhere = statusOf({ kind: 'ExistsElsewhere', managedBy: 'directory-sync' });
  assert.match(elsewhere.message['Conflicted'] ?? '', /directory-sync.*sluice\.dev\/adopt=true/);
});
