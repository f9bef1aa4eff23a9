import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPublisher } from '@sluice/live-config/publisher/publisher.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { conditionOf, listenerResource, routeResource, startOperatorLab } from '../operator-lab.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };
const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, to });

describe('the operator under faults', () => {
  it('comes to the same final state, and then writes nothing more', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    const isWrite = ({ subresource }: { readonly subresource: string }): boolean => subresource === 'status';
    const { faults } = lab.kube;
    faults.add(isWrite, { kind: 'Refuse', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 }, 3);
    faults.add(isWrite, { kind: 'ResetBefore' }, 3);
    faults.add(isWrite, { kind: 'ResetAfter' }, 3);
    faults.add(({ verb }) => verb === 'watch', { kind: 'DuplicateEvents' }, 4);
    faults.add(({ verb }) => verb === 'watch', { kind: 'CloseWatch', afterEvents: 2, isAbrupt: true }, 4);
    faults.add(({ verb }) => verb === 'list', { kind: 'Refuse', status: 500, reason: 'InternalError' }, 2);
    const names = Array.from({ length: 12 }, (_, index) => `route-${index}`);
    await lab.put(listenerResource, 'edge', { bind: ['0.0.0.0:443'] });
    for (const [index, name] of names.entries()) {
      await lab.put(routeResource, name, named(name));
      if (index % 3 === 0) lab.kube.closeWatches({ isAbrupt: index % 2 === 0 });
      if (index === 5) lab.kube.compact();
      if (index === 7) lab.store.recreate();
    }
    await lab.delete(routeResource, 'route-0');
    await lab.put(routeResource, 'route-1', { ...named('route-1'), halfClose: false });
    const rest = names.slice(1);
    for (const name of rest) {
      await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready', { timeoutMs: 60_000 });
    }
    const keys = ['listeners.edge', ...rest.map((name) => `routes.default=2E${name}`)].toSorted();
    await eventually(() => {
      assert.deepEqual([...proxy.specs.keys()].toSorted(), keys);
      assert.equal(proxy.specs.get('routes.default=2Eroute-1')?.['halfClose'], false);
    });
    // The number of routes that a listener has is told a second late.
    await lab.untilCondition(() => lab.status(listenerResource, 'edge'), 'Ready', 'True Ready');
    await eventually(async () => assert.equal((await lab.status(listenerResource, 'edge'))['routes'], rest.length));
    const { statusWrites } = lab;
    await pause(2_500);
    assert.equal(lab.statusWrites, statusWrites);
    // None of the objects was in trouble, whatever happened on the way.
    assert.equal(lab.events, 0);
  });

  it('gives up the Lease when another publisher has the range, and takes it back with a higher epoch', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    await lab.put(routeResource, 'a', named('a'));
    await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready');
    const other = createPublisher(
      { range: 'routing', publisher: 'somebody else' },
      {
        bus: lab.store.connect(),
        // Nothing: what the operator has published is to go.
        truth: { async *list() {} },
        epochs: { claim: async (above) => await Promise.resolve(above + 1) },
        nowMs: () => Date.now(),
        random: Math.random,
        onEvent: () => {},
      },
    );
    t.after(async () => await other.close());
    await eventually(() => {
      assert.ok(lab.lines.some(({ msg, event }) => msg === 'publisher' && event === 'Deposed'));
      assert.ok(lab.lines.some(({ msg }) => msg === 'no longer leading'));
    });
    await other.close();
    const second = (): number => lab.lines.filter(({ msg }) => msg === 'took the routing over').length;
    await eventually(() => assert.equal(second(), 2), { timeoutMs: 40_000 });
    await eventually(() => assert.deepEqual([...proxy.specs.keys()], ['routes.default=2Ea']));
    const status = await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready', { timeoutMs: 40_000 });
    assert.equal(conditionOf(status, 'Programmed')?.status, 'True');
  });
});
