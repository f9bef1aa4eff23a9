import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { conditionOf, routeResource, startOperatorLab } from '../operator-lab.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };
const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, to });

describe('the operator', () => {
  it('writes nothing when it is restarted and nothing has changed', async (t) => {
    const lab = await startOperatorLab(t);
    lab.proxies(2);
    const first = await lab.startOperator();
    for (const name of ['a', 'b', 'c']) await lab.put(routeResource, name, named(name));
    for (const name of ['a', 'b', 'c']) await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready');
    await first.stop(1_000);
    const { statusWrites, events } = lab;
    const before = await Promise.all(['a', 'b', 'c'].map(async (name) => await lab.route(name)));
    await lab.startOperator();
    await eventually(() => assert.ok(lab.lines.filter(({ msg }) => msg === 'took the routing over').length === 2));
    // Longer than the time that proxies have to acknowledge the new leader's first head.
    await pause(13_000);
    assert.equal(lab.statusWrites, statusWrites);
    assert.equal(lab.events, events);
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(async (name) => await lab.route(name))), before);
  });

  it('deletes nothing that it has not listed yet, and what was deleted while it was away', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    const first = await lab.startOperator();
    for (const name of ['a', 'b']) await lab.put(routeResource, name, named(name));
    for (const name of ['a', 'b']) await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready');
    await first.stop(1_000);
    await lab.delete(routeResource, 'b');
    const fault = lab.kube.faults.add(({ verb, resource }) => verb === 'list' && resource === routeResource, {
      kind: 'Refuse',
      status: 500,
      reason: 'InternalError',
    });
    await lab.startOperator();
    await eventually(() => assert.ok(fault.hits >= 2));
    assert.equal(proxy.specs.size, 2);
    fault.remove();
    await eventually(() => assert.deepEqual([...proxy.specs.keys()], ['routes.default=2Ea']), {
      timeoutMs: 40_000,
    });
  });

  it('goes on over an outage of the API server and one of the bus', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    await lab.put(routeResource, 'a', named('a'));
    await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready');
    await lab.kube.stop();
    await pause(500);
    await lab.kube.start();
    await lab.put(routeResource, 'b', named('b'));
    await lab.untilCondition(() => lab.route('b'), 'Ready', 'True Ready', { timeoutMs: 40_000 });
    lab.store.recreate();
    await lab.put(routeResource, 'c', named('c'));
    await lab.untilCondition(() => lab.route('c'), 'Ready', 'True Ready', { timeoutMs: 40_000 });
    await eventually(() => assert.equal(proxy.specs.size, 3));
  });

  it('publishes a burst of objects in few revisions, and writes each status twice at most', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    await lab.put(routeResource, 'first', named('first'));
    await lab.untilCondition(() => lab.route('first'), 'Ready', 'True Ready');
    const before = proxy.revisions;
    const { statusWrites } = lab;
    const names = Array.from({ length: 300 }, (_, index) => `route-${index}`);
    await Promise.all(names.map(async (name) => await lab.put(routeResource, name, named(name))));
    await eventually(() => assert.equal(proxy.specs.size, 301), { timeoutMs: 30_000 });
    await eventually(
      () => {
        const objects = lab.kube.objects(routeResource) as readonly {
          readonly status?: { readonly programmed?: string };
        }[];
        assert.equal(objects.filter(({ status }) => status?.programmed === '1/1').length, 301);
      },
      { timeoutMs: 30_000 },
    );
    assert.ok(proxy.revisions - before < 100, `${proxy.revisions - before} revisions`);
    assert.ok(lab.statusWrites - statusWrites <= 600, `${lab.statusWrites - statusWrites} writes of statuses`);
  });

  it('leaves publishing to the one that leads, which another takes over from at once when it stops', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    const first = await lab.startOperator({ identity: 'first' });
    await lab.put(routeResource, 'a', named('a'));
    await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready');
    await lab.startOperator({ identity: 'second' });
    await first.stop(1_000);
    await lab.put(routeResource, 'a', { ...named('a'), halfClose: false });
    await eventually(async () => assert.equal((await lab.route('a')).observedGeneration, 2));
    await eventually(() => assert.equal(proxy.specs.get('routes.default=2Ea')?.['halfClose'], false));
    const takeovers = lab.lines.filter(({ msg }) => msg === 'took the routing over').map((line) => line['epoch']);
    assert.deepEqual(takeovers, [1, 2]);
  });

  it('says that no proxy is there, and shows a new one', async (t) => {
    const lab = await startOperatorLab(t);
    await lab.startOperator();
    await lab.put(routeResource, 'a', named('a'));
    const alone = await lab.untilCondition(() => lab.route('a'), 'Programmed', 'False NoProxies');
    assert.equal(alone.programmed, '0/0');
    assert.equal(conditionOf(alone, 'Reconciling')?.status, 'True');
    lab.proxies(2);
    const status = await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready');
    await eventually(async () => assert.equal((await lab.route('a')).programmed, '2/2'));
    assert.equal(conditionOf(status, 'Reconciling')?.status, 'False');
  });
});
