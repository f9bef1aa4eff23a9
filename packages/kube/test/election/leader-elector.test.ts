import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@sluice/testkit/virtual-clock.ts';
import { Registry } from 'prom-client';
import { createLeaderElector } from '../../src/election/create-leader-elector.ts';
import { createKubeMetrics } from '../../src/kube-metrics.ts';
import type { LeaderElector, Leadership } from '../../src/port/leader-election.ts';
import { LeaseTable } from '../lease-table.ts';

interface Standing {
  readonly elector: LeaderElector;
  /** `gained 0`, `lost RenewFailed`, `holder b`. */
  readonly story: string[];
  readonly errors: unknown[];
  readonly leaderships: Leadership[];
  readonly metrics: () => Promise<string>;
}

function stand(table: LeaseTable, clock: VirtualClock, identity: string): Standing {
  const registry = new Registry();
  const story: string[] = [];
  const errors: unknown[] = [];
  const leaderships: Leadership[] = [];
  const elector = createLeaderElector(
    { lease: { namespace: 'a', name: 'leader' }, identity },
    {
      client: table.client(),
      clock,
      metrics: createKubeMetrics(registry).election.of('leader'),
      onGained: (leadership) => {
        leaderships.push(leadership);
        story.push(`gained ${leadership.transitions}`);
      },
      onLost: (end) => story.push(`lost ${end}`),
      onHolder: (holder) => story.push(`holder ${holder}`),
      onError: (error) => errors.push(error),
    },
  );
  elector.start();
  return { elector, story, errors, leaderships, metrics: () => registry.metrics() };
}

test('leads at once when there is no Lease, and keeps it for hours', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(7_200_000);
  assert.deepEqual(one.story, ['holder one', 'gained 0']);
  assert.equal(one.elector.isLeader, true);
  assert.ok(table.writes > 3_000 && table.writes < 3_700, `${table.writes} renewals in two hours`);
  assert.match(String(table.lease?.spec?.renewTime), /^2030-01-01T0(1:59|2:00):\d\d\.\d{6}Z$/);
  assert.match(await one.metrics(), /leader_election_master_status\{name="leader"\} 1\n/);
});

test('lets only one of three lead', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const all = ['one', 'two', 'three'].map((identity) => stand(table, clock, identity));
  await clock.advance(600_000);
  assert.deepEqual(
    all.map(({ elector }) => elector.isLeader),
    [true, false, false],
  );
  assert.deepEqual(all[1]?.story, ['holder one']);
});

test('takes the Lease of a leader that is gone, not before it has expired, with the next number', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(10_000);
  const stoppedMs = clock.nowMs();
  // Gone without a word: its process was killed.
  const dead = one.elector.stop();
  table.outage = new Error('its network is gone');
  await clock.advance(0);
  await dead;
  table.outage = null;
  const two = stand(table, clock, 'two');
  await clock.advance(14_000);
  assert.equal(two.elector.isLeader, false);
  await clock.advance(5_000);
  assert.deepEqual(two.story, ['holder one', 'holder two', 'gained 1']);
  assert.ok(clock.nowMs() - stoppedMs >= 15_000);
});

test('gives the Lease back when it stops, so that the next leads within seconds', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(100);
  const two = stand(table, clock, 'two');
  await clock.advance(5_000);
  const stopped = one.elector.stop();
  await clock.advance(3_000);
  await stopped;
  assert.deepEqual(one.story, ['holder one', 'gained 0', 'lost Released', 'holder ']);
  assert.equal(one.leaderships[0]?.signal.aborted, true);
  assert.deepEqual(two.story, ['holder one', 'holder ', 'holder two', 'gained 1']);
  assert.equal(table.lease?.spec?.holderIdentity, 'two');
});

test('gives the Lease back even if its last renewal went through unheard', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(1_000);
  table.losesNextAnswer = true;
  await clock.advance(1_500);
  assert.equal(one.errors.length, 1);
  await one.elector.stop();
  assert.equal(table.lease?.spec?.holderIdentity, undefined);
});

test('stops leading ten seconds after its last renewal when the API server is away, five before anybody else may', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(4_500);
  const renewals = table.writes;
  table.outage = new Error('connection refused');
  // The last renewal was at 4 s.
  await clock.advance(9_400);
  assert.equal(one.leaderships[0]?.isHeld(), true);
  await clock.advance(200);
  assert.equal(one.leaderships[0].isHeld(), false);
  assert.deepEqual(one.story, ['holder one', 'gained 0', 'lost RenewFailed']);
  assert.equal(table.writes, renewals);
  table.outage = null;
  await clock.advance(3_000);
  assert.deepEqual(one.story.slice(3), ['gained 0']);
  assert.ok(one.errors.length > 0);
});

test('knows in the very moment it wakes that its Lease is over, before any timer has run', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(5_000);
  const [leadership] = one.leaderships;
  assert.equal(leadership?.isHeld(), true);
  clock.sleepThrough(60_000);
  assert.equal(leadership.isHeld(), false);
  assert.equal(one.elector.isLeader, false);
  assert.deepEqual(one.story, ['holder one', 'gained 0']);
  await clock.advance(0);
  assert.match(one.story[2] ?? '', /^lost /);
  assert.equal(leadership.signal.aborted, true);
});

test('takes a machine that was suspended for one that has lost its Lease, and a clock set back for nothing', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(5_000);
  clock.jumpWall(-86_400_000);
  assert.equal(one.elector.isLeader, true);
  await clock.advance(60_000);
  assert.equal(one.elector.isLeader, true);
  clock.jumpWall(3_600_000);
  assert.equal(one.elector.isLeader, false);
  await clock.advance(5_000);
  assert.deepEqual(one.story.slice(2), ['lost ClockPassed', 'gained 0']);
});

test('hears that another has taken over while it slept, and stands by', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(5_000);
  const taken = { ...table.lease?.spec, holderIdentity: 'two', leaseTransitions: 1 };
  table.lease = { metadata: { name: 'leader', namespace: 'a', resourceVersion: 'by-two' }, spec: taken };
  await clock.advance(2_500);
  assert.deepEqual(one.story.slice(2), ['holder two', 'lost TakenOver']);
  assert.equal(one.elector.holder, 'two');
});

test('is not put off by somebody who annotates the Lease', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(5_000);
  assert.ok(table.lease !== null);
  table.lease = { ...table.lease, metadata: { ...table.lease.metadata, resourceVersion: 'annotated' } };
  await clock.advance(60_000);
  assert.deepEqual(one.story, ['holder one', 'gained 0']);
  assert.equal(one.elector.isLeader, true);
});

test('makes a Lease that was deleted anew, and goes on leading', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(5_000);
  table.lease = null;
  await clock.advance(5_000);
  assert.equal(one.elector.isLeader, true);
  assert.deepEqual(one.story, ['holder one', 'gained 0']);
});

test('steps down in favour of another that waits', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(100);
  const two = stand(table, clock, 'two');
  await clock.advance(5_000);
  one.elector.stepDown();
  assert.equal(one.elector.isLeader, false);
  await clock.advance(30_000);
  assert.equal(two.elector.isLeader, true);
  assert.equal(one.elector.isLeader, false);
  assert.ok(one.story.includes('lost Released'));
});

test('gives the Lease back also when it is stopped right after it stepped down', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(1_000);
  one.elector.stepDown();
  const stopped = one.elector.stop();
  await clock.advance(0);
  await stopped;
  const two = stand(table, clock, 'two');
  await clock.advance(3_000);
  assert.equal(two.elector.isLeader, true);
});

test('leads again after it stepped down and nobody else came', async () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const one = stand(table, clock, 'one');
  await clock.advance(1_000);
  one.elector.stepDown();
  await clock.advance(20_000);
  assert.deepEqual(one.story, ['holder one', 'gained 0', 'lost Released', 'holder ', 'holder one', 'gained 1']);
});

test('refuses times with which two could lead', () => {
  const [table, clock] = [new LeaseTable(), new VirtualClock()];
  const metrics = createKubeMetrics(new Registry()).election.of('leader');
  const deps = { client: table.client(), clock, metrics, onGained: () => {}, onLost: () => {} };
  const lease = { namespace: 'a', name: 'leader' };
  const make = (): unknown =>
    createLeaderElector({ lease, identity: 'one', leaseDurationMs: 10_000, renewDeadlineMs: 10_000 }, deps);
  assert.throws(make, TypeError);
});
