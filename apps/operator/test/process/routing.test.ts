import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { conditionOf, listenerResource, routeResource, startOperatorLab } from '../operator-lab.ts';

const toServer = { to: { endpoints: [{ url: 'tcp://10.0.0.1:443' }] } };

describe('routes and listeners', () => {
  it('are published, and programmed once every proxy has acknowledged them', async (t) => {
    const lab = await startOperatorLab(t);
    const proxies = lab.proxies(3);
    await lab.startOperator();
    await lab.put(routeResource, 'web', { match: { sni: ['www.example.com'] }, ...toServer });
    await lab.put(listenerResource, 'edge', { bind: ['0.0.0.0:443'] });
    const route = await lab.untilCondition(() => lab.route('web'), 'Ready', 'True Ready');
    assert.equal(route.programmed, '3/3');
    assert.equal(route.observedGeneration, 1);
    const types = route.conditions?.map(({ type }) => type);
    assert.deepEqual(types, [
      'Accepted',
      'ResolvedRefs',
      'Conflicted',
      'Programmed',
      'Ready',
      'Stalled',
      'Reconciling',
    ]);
    await lab.untilCondition(() => lab.status(listenerResource, 'edge'), 'Programmed', 'True Programmed');
    for (const { specs } of proxies) {
      assert.deepEqual(specs.get('routes.default=2Eweb'), { match: { sni: ['www.example.com'] }, ...toServer });
      assert.deepEqual(specs.get('listeners.edge'), { bind: ['0.0.0.0:443'] });
    }
    await lab.delete(routeResource, 'web');
    await eventually(() => {
      for (const { specs } of proxies) assert.equal(specs.has('routes.default=2Eweb'), false);
    });
  });

  it('are programmed beside more that are rejected than a proxy can give reasons for', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    proxy.reject = ({ spec }) => (JSON.stringify(spec).includes('bad') ? 'no such thing' : null);
    await lab.startOperator();
    const names = Array.from({ length: 150 }, (_, index) => `bad-${index}`);
    const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, ...toServer });
    await Promise.all(names.map(async (name) => await lab.put(routeResource, name, named(name))));
    await lab.put(routeResource, 'good', named('good'));
    await lab.untilCondition(() => lab.route('good'), 'Ready', 'True Ready');
    for (const name of names) await lab.untilCondition(() => lab.route(name), 'Programmed', 'False Rejected');
  });

  it('say that they are rejected after all, however many they are', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    const names = Array.from({ length: 150 }, (_, index) => `web-${index}`);
    const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, ...toServer });
    await Promise.all(names.map(async (name) => await lab.put(routeResource, name, named(name))));
    for (const name of names) await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready');
    // Everything is looked at once more after the first proxy was seen: that is not to be what finds them.
    await pause(4_500);
    // As when the listener that they name is taken away.
    proxy.reject = () => 'no such thing';
    proxy.recheck();
    for (const name of names) await lab.untilCondition(() => lab.route(name), 'Programmed', 'False Rejected');
    proxy.reject = () => null;
    proxy.recheck();
    for (const name of names) await lab.untilCondition(() => lab.route(name), 'Ready', 'True Ready');
  });

  it('say which proxy rejects them and why, and heal when they are corrected', async (t) => {
    const lab = await startOperatorLab(t);
    const proxies = lab.proxies(2);
    const [, second] = proxies;
    assert.ok(second);
    second.reject = ({ spec }) => (JSON.stringify(spec).includes('bad.example.com') ? 'no such thing' : null);
    await lab.startOperator();
    await lab.put(routeResource, 'web', { match: { sni: ['bad.example.com'] }, ...toServer });
    const status = await lab.untilCondition(() => lab.route('web'), 'Programmed', 'False Rejected');
    assert.equal(status.programmed, '1/2');
    assert.match(conditionOf(status, 'Programmed')?.message ?? '', /edge-1: no such thing/);
    assert.equal(conditionOf(status, 'Stalled')?.status, 'False');
    await lab.untilCondition(() => lab.route('web'), 'Stalled', 'True Rejected');
    await lab.put(routeResource, 'web', { match: { sni: ['good.example.com'] }, ...toServer });
    const healed = await lab.untilCondition(() => lab.route('web'), 'Ready', 'True Ready');
    assert.equal(healed.programmed, '2/2');
    assert.equal(healed.observedGeneration, 2);
  });
});
