import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RolloutResource } from '@sluice/contract/state-api/rollout-resource.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { RolloutWatch } from '../../src/users/rollout-watch.ts';
import type { RolloutFilter, RolloutList } from '../../src/users/state-api.ts';

type Answer = (filter: RolloutFilter) => Promise<RolloutList> | RolloutList;

function rollout(fields: Partial<RolloutResource> = {}): RolloutResource {
  return {
    ...{ name: 'alice', managedBy: 'k/a', managedRevision: 'r', etag: '"t"', isEdited: false, generation: 5 },
    ...{ isPublished: true, acknowledged: 2, rejections: [], rejected: 0 },
    ...fields,
  };
}

function listOf(items: readonly RolloutResource[], more: Partial<RolloutList> = {}): RolloutList {
  return { items, proxies: 2, isSettled: true, ...more };
}

/** A watch that asks `answer`, and what it told. */
function watch(t: TestContext, first: Answer) {
  const asked: number[] = [];
  const told: string[] = [];
  const server = { answer: first };
  const rollouts = new RolloutWatch('k/', {
    state: {
      rollouts: async (filter) => {
        asked.push(filter.sinceGeneration);
        return await server.answer(filter);
      },
    },
    clock: systemClock,
    onChange: (names) => told.push(...names),
    onAll: (reason) => told.push(reason),
    onListed: () => {},
    onUnavailable: () => told.push('Unavailable'),
  });
  const ending = new AbortController();
  const ended = rollouts.run(ending.signal);
  t.after(async () => {
    ending.abort();
    await ended;
  });
  return { rollouts, asked, told, server };
}

test('everything is listed first, then what is under way is asked for by its generation until every proxy has it', async (t) => {
  const { rollouts, asked, server } = watch(t, () => listOf([rollout({ acknowledged: 1 })]));
  assert.equal(rollouts.hasListed, false);
  await eventually(() => assert.ok(asked.length >= 2));
  assert.deepEqual(asked.slice(0, 2), [0, 5]);
  assert.deepEqual(rollouts.delivery('alice'), {
    kind: 'Counted',
    generation: 5,
    rollout: { proxies: 2, acknowledged: 1, rejections: [] },
  });
  server.answer = () => listOf([rollout()]);
  await eventually(() => assert.equal(rollouts.item('alice')?.acknowledged, 2));
});

test('what was asked for before a user was put is not believed of it', async (t) => {
  const { rollouts, told, server } = watch(t, () => listOf([rollout()]));
  await eventually(() => assert.ok(rollouts.hasListed));
  const held = Promise.withResolvers<RolloutList>();
  const isAsked = Promise.withResolvers<void>();
  server.answer = () => {
    isAsked.resolve();
    return held.promise;
  };
  rollouts.doubt();
  await isAsked.promise;
  rollouts.expect('alice');
  server.answer = () => listOf([rollout({ generation: 6, acknowledged: 0, isPublished: false })]);
  told.length = 0;
  held.resolve(listOf([rollout()]));
  rollouts.wasPut('alice', 6);
  await eventually(() => assert.ok(told.includes('alice')));
  assert.equal(rollouts.item('alice')?.generation, 6);
  assert.deepEqual(rollouts.delivery('alice'), { kind: 'Waiting' });
});

test('an outage is told at every failure, and its end once; a call that failed elsewhere is looked into at once', async (t) => {
  const { rollouts, told, server } = watch(t, () => listOf([rollout()]));
  await eventually(() => assert.ok(rollouts.isAvailable));
  server.answer = () => Promise.reject(new Error('away'));
  rollouts.doubt();
  await eventually(() => assert.ok(told.includes('Unavailable')));
  assert.equal(rollouts.isAvailable, false);
  server.answer = () => listOf([rollout()]);
  await eventually(() => assert.ok(told.includes('Available')));
  assert.deepEqual(
    told.filter((word) => word === 'Listed' || word === 'Available'),
    ['Listed', 'Available'],
  );
});

test('many calls that fail elsewhere are looked into by a list a second, whatever their number', async (t) => {
  const { rollouts, asked } = watch(t, () => listOf([rollout()]));
  await eventually(() => assert.ok(rollouts.isAvailable));
  const begunMs = performance.now();
  await eventually(
    () => {
      rollouts.doubt();
      assert.ok(performance.now() - begunMs > 2_000);
    },
    { intervalMs: 1 },
  );
  const lists = asked.filter((sinceGeneration) => sinceGeneration === 0).length;
  assert.ok(lists >= 2 && lists <= 2 + (performance.now() - begunMs) / 1_000, `${lists} lists`);
});

test('a service that has not heard from every proxy yet is not quoted', async (t) => {
  const { rollouts, server, told } = watch(t, () =>
    listOf([rollout({ acknowledged: 0 })], { isSettled: false, proxies: 0 }),
  );
  await eventually(() => assert.ok(rollouts.hasListed));
  assert.deepEqual(rollouts.delivery('alice'), { kind: 'Unsettled' });
  server.answer = () => listOf([rollout()]);
  await eventually(() => assert.ok(told.includes('Fleet')));
  assert.equal(rollouts.delivery('alice').kind, 'Counted');
});

test('a user that is gone from the list is forgotten', async (t) => {
  const { rollouts, server, told } = watch(t, () => listOf([rollout(), rollout({ name: 'bob' })]));
  await eventually(() => assert.ok(rollouts.hasListed));
  server.answer = () => listOf([rollout()]);
  told.length = 0;
  rollouts.doubt();
  await eventually(() => assert.deepEqual(told, ['bob']));
  assert.equal(rollouts.item('bob'), undefined);
});
