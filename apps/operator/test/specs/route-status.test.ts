import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rollout } from '@sluice/live-config/publisher/publisher-port.ts';
import type { Delivery } from '../../src/specs/delivery.ts';
import type { WantedStatus } from '../../src/specs/resource-status.ts';
import type { RouteOutcome } from '../../src/specs/route-book.ts';
import { routeStatus } from '../../src/specs/route-status.ts';

const endpoints = [{ url: 'tcp://10.0.0.1:443' }, { service: { name: 'shop', namespace: 'b', portName: 'web' } }];
const outcome: RouteOutcome = {
  object: {
    metadata: { namespace: 'a', name: 'web', generation: 3 },
    spec: { listeners: ['edge', 'side'], to: { endpoints } },
  },
  key: 'routes.a=2Eweb',
  problems: [],
  lost: undefined,
  resolved: { endpoints: [{ url: 'tcp://10.0.0.1:443' }], problems: [], left: 0 },
  published: {},
};
const nowMs = Date.UTC(2027, 0, 1, 12, 0, 10);
const fresh = { held: [], nowMs };

function counted(rollout: Partial<Rollout>): Delivery {
  return { kind: 'Counted', generation: 5, rollout: { proxies: 3, acknowledged: 3, rejections: [], ...rollout } };
}

/** `Accepted=True/Accepted Ready=…` */
function said({ conditions }: WantedStatus): Readonly<Record<string, string>> {
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

describe('the status of a route', () => {
  it('is ready when every proxy has it', () => {
    const { status, againInMs } = routeStatus(outcome, counted({}), fresh);
    assert.deepEqual(said(status), {
      Accepted: 'True Accepted',
      ResolvedRefs: 'True ResolvedRefs',
      Conflicted: 'False NoConflict',
      Programmed: 'True Programmed',
      Ready: 'True Ready',
      Stalled: 'False Progressing',
      Reconciling: 'False Settled',
    });
    const { conditions: _conditions, ...columns } = status;
    assert.deepEqual(columns, {
      listeners: 'edge,side',
      upstream: 'tcp://10.0.0.1:443,b/shop:web',
      endpoints: 1,
      publishedAs: 'a.web',
      publishedGeneration: 5,
      observedGeneration: 3,
      programmed: '3/3',
    });
    assert.equal(againInMs, null);
  });

  it('says so when it has an action, or endpoints that are none', () => {
    const upstreamOf = (spec: object): unknown =>
      routeStatus({ ...outcome, object: { ...outcome.object, spec } }, counted({}), fresh).status['upstream'];
    assert.equal(upstreamOf({ action: 'Ban' }), 'Ban');
    assert.equal(upstreamOf({ to: { endpoints: [] } }), 'None');
    assert.equal(upstreamOf({ to: 'nowhere' }), '');
  });

  it('is reconciling while something is still to come', () => {
    for (const [delivery, reason] of [
      [{ kind: 'Waiting' }, 'Publishing'],
      [counted({ acknowledged: 2 }), 'RollingOut'],
      [counted({ proxies: 0, acknowledged: 0 }), 'NoProxies'],
    ] as const) {
      const conditions = said(routeStatus(outcome, delivery, fresh).status);
      assert.equal(conditions['Programmed'], `False ${reason}`);
      assert.equal(conditions['Ready'], `False ${reason}`);
      assert.equal(conditions['Reconciling'], `True ${reason}`);
      assert.equal(conditions['Stalled'], 'False Progressing');
    }
  });

  it('stalls over a rejection once it has lasted, and names the proxy and its reason', () => {
    const rejected = counted({ acknowledged: 2, rejections: [{ proxy: 'edge-1', reason: 'no such listener' }] });
    const first = routeStatus(outcome, rejected, fresh);
    assert.equal(said(first.status)['Stalled'], 'False Progressing');
    assert.equal(said(first.status)['Reconciling'], 'False Settled');
    const programmed = first.status.conditions.find(({ type }) => type === 'Programmed');
    assert.equal(programmed?.message, '2/3 proxies; rejected by edge-1: no such listener');
    assert.ok(first.againInMs !== null && first.againInMs <= 5_050);
    const since = (lastTransitionTime: string): readonly [string | undefined, number | null] => {
      const held = [
        { ...programmed, type: 'Programmed', status: 'False', reason: 'Rejected', message: '', lastTransitionTime },
      ] as const;
      const later = routeStatus(outcome, rejected, { held, nowMs });
      return [said(later.status)['Stalled'], later.againInMs];
    };
    assert.deepEqual(since('2027-01-01T12:00:04Z'), ['True Rejected', null]);
    assert.deepEqual(since('2027-01-01T12:00:08Z'), ['False Progressing', 3_050]);
    // A clock that went back.
    assert.deepEqual(since('2027-01-01T13:00:00Z'), ['False Progressing', 5_000]);
  });

  it('says what an older route has, and what is left', () => {
    const lost = { winner: 'b/old', names: ['x.example.com'], isWhole: false };
    const partly = routeStatus({ ...outcome, lost }, counted({}), fresh).status;
    assert.equal(said(partly)['Conflicted'], 'True HostNameTaken');
    assert.equal(said(partly)['Programmed'], 'True Programmed');
    assert.equal(said(partly)['Ready'], 'False HostNameTaken');
    assert.equal(partly['conflictsWith'], 'b/old');
    const whole = { ...outcome, published: null, lost: { ...lost, names: [], isWhole: true } };
    const conditions = said(routeStatus(whole, { kind: 'NotPublished' }, fresh).status);
    assert.equal(conditions['Conflicted'], 'True MatchTaken');
    assert.equal(conditions['Programmed'], 'False NotPublished');
    assert.equal(conditions['Accepted'], 'True Accepted');
  });

  it('waits for references that are not there, and says all of them', () => {
    const problems = ['one', 'two', 'three', 'four'].map(
      (message) => ({ reason: 'BackendNotFound', message }) as const,
    );
    const { status } = routeStatus({ ...outcome, resolved: { endpoints: [], problems, left: 0 } }, counted({}), fresh);
    assert.equal(said(status)['ResolvedRefs'], 'False BackendNotFound');
    assert.equal(said(status)['Ready'], 'False BackendNotFound');
    assert.equal(said(status)['Stalled'], 'False Progressing');
    assert.equal(status.conditions.find(({ type }) => type === 'Ready')?.message, 'one; two; three; +1');
  });

  it('stalls at once when the spec cannot be read, and says that the last good version stays', () => {
    const invalid = { ...outcome, problems: ['spec.match is wrong (mend it)'] };
    const kept = routeStatus(invalid, counted({}), fresh).status;
    assert.equal(said(kept)['Accepted'], 'False Invalid');
    assert.equal(said(kept)['Programmed'], 'False Invalid');
    assert.equal(said(kept)['Stalled'], 'True Invalid');
    assert.match(
      kept.conditions[0]?.message ?? '',
      /spec\.match is wrong \(mend it\); the last good version stays in force/,
    );
    const never = routeStatus({ ...invalid, published: null }, { kind: 'NotPublished' }, fresh).status;
    assert.equal(never.conditions[0]?.message, 'spec.match is wrong (mend it)');
  });
});
