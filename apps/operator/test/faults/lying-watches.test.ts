/** What an API server does not say, says twice, or says of yesterday: the operator comes to the state as it is, within its own bounds. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { FakeRequest } from '@sluice/testkit/kube/fake/fake-request.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { type OperatorLab, routeResource, startOperatorLab } from '../operator-lab.ts';
import { startJumpingOperator } from './jumping-operator.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };
const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, to });
const isRouteWatch = ({ verb, resource }: FakeRequest): boolean => verb === 'watch' && resource === routeResource;
const timeoutMs = 40_000;
/** More than the time between two whole lists. */
const relistMs = 11 * 60_000;
/** More than a watch may be silent for. */
const silenceMs = 80_000;

async function untilReady(lab: OperatorLab, ...names: readonly string[]): Promise<void> {
  for (const name of names) await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready', { timeoutMs });
}

/** Nothing more is written in three seconds, and no event was in all the time: no route was in trouble. */
async function assertQuiet(lab: OperatorLab): Promise<void> {
  const { statusWrites } = lab;
  await pause(3_000);
  assert.deepEqual([lab.statusWrites, lab.events], [statusWrites, 0]);
}

it('An event that is never sent is found by the next whole list', async (t) => {
  const lab = await startOperatorLab(t);
  const proxy = lab.proxy();
  const clock = await startJumpingOperator(t, lab);
  for (const name of ['stays', 'goes']) await lab.put(routeResource, name, named(name));
  await untilReady(lab, 'stays', 'goes');
  const lie = lab.kube.faults.add(isRouteWatch, { kind: 'DropEvents', count: 2 });
  lab.kube.closeWatches();
  await eventually(() => assert.equal(lie.hits, 1));
  await lab.put(routeResource, 'new', named('new'));
  await lab.delete(routeResource, 'goes');
  // A later event is sent, so that the version that the watch has come to is behind the lost ones.
  await lab.put(routeResource, 'later', named('later'));
  await untilReady(lab, 'later');
  assert.deepEqual([...proxy.specs.keys()].toSorted(), [
    'routes.default=2Egoes',
    'routes.default=2Elater',
    'routes.default=2Estays',
  ]);
  lie.remove();
  clock.jump(relistMs);
  await untilReady(lab, 'new');
  await eventually(() => assert.equal(proxy.specs.has('routes.default=2Egoes'), false), { timeoutMs });
  await assertQuiet(lab);
});

it('A watch that is silent for ever is given up, and what it did not say is heard from the next one', async (t) => {
  const lab = await startOperatorLab(t);
  lab.proxy();
  const clock = await startJumpingOperator(t, lab);
  await lab.put(routeResource, 'a', named('a'));
  await untilReady(lab, 'a');
  const lie = lab.kube.faults.add(isRouteWatch, { kind: 'SilenceWatch' }, 1);
  lab.kube.closeWatches();
  await eventually(() => assert.equal(lie.hits, 1));
  await lab.put(routeResource, 'b', named('b'));
  await pause(1_000);
  assert.equal(lab.store.read('routes.default=2Eb'), null);
  clock.jump(silenceMs);
  await untilReady(lab, 'b');
  await assertQuiet(lab);
});

it('A list of yesterday is overtaken by the watch that follows it, and no event is told', async (t) => {
  const lab = await startOperatorLab(t);
  const proxy = lab.proxy();
  const clock = await startJumpingOperator(t, lab);
  await lab.put(routeResource, 'a', named('a'));
  await untilReady(lab, 'a');
  const yesterday = lab.kube.revision;
  await lab.put(routeResource, 'a', { ...named('a'), halfClose: false });
  await lab.put(routeResource, 'b', named('b'));
  await untilReady(lab, 'a', 'b');
  await eventually(async () => assert.equal((await lab.route('a')).observedGeneration, 2));
  const isRouteList = ({ verb, resource }: FakeRequest): boolean => verb === 'list' && resource === routeResource;
  const lie = lab.kube.faults.add(isRouteList, { kind: 'StaleList', revision: yesterday }, 1);
  clock.jump(relistMs);
  await eventually(() => assert.equal(lie.hits, 1), { timeoutMs });
  await lab.put(routeResource, 'c', named('c'));
  await untilReady(lab, 'a', 'b', 'c');
  await eventually(
    () => {
      assert.equal(proxy.specs.get('routes.default=2Ea')?.['halfClose'], false);
      assert.deepEqual(
        [...proxy.specs.keys()].toSorted(),
        ['a', 'b', 'c'].map((name) => `routes.default=2E${name}`),
      );
    },
    { timeoutMs },
  );
  await assertQuiet(lab);
});
