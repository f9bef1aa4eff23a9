import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { conditionOf, listenerResource, type OperatorLab, routeResource, startOperatorLab } from '../operator-lab.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };

/** Ages are in seconds: the objects are told apart by their names, which is what decides between two of one second. */
async function putNamed(lab: OperatorLab, name: string, sni: readonly string[]): Promise<void> {
  await lab.put(routeResource, name, { match: { sni }, to });
}

describe('routes that claim the same', () => {
  it('are won by the older one, and the other serves what is left to it', async (t) => {
    let seconds = 0;
    const lab = await startOperatorLab(t, { now: () => new Date(1_800_000_000_000 + (seconds += 1) * 1000) });
    const proxy = lab.proxy();
    await lab.startOperator();
    await putNamed(lab, 'z-old', ['a.example.com', 'b.example.com']);
    await putNamed(lab, 'a-young', ['B.example.com', 'c.example.com']);
    await putNamed(lab, 'b-younger', ['a.example.com']);
    const young = await lab.untilCondition(() => lab.route('a-young'), 'Conflicted', 'True HostNameTaken');
    assert.equal(young.conflictsWith, 'default/z-old');
    assert.match(conditionOf(young, 'Conflicted')?.message ?? '', /b\.example\.com belongs to default\/z-old/);
    assert.equal(conditionOf(young, 'Accepted')?.status, 'True');
    assert.equal(conditionOf(young, 'Ready')?.status, 'False');
    await lab.untilCondition(() => lab.route('b-younger'), 'Conflicted', 'True HostNameTaken');
    await lab.untilCondition(() => lab.route('z-old'), 'Ready', 'True Ready');
    await eventually(() => {
      assert.deepEqual(proxy.specs.get('routes.default=2Ea-young'), { match: { sni: ['c.example.com'] }, to });
      assert.equal(proxy.specs.has('routes.default=2Eb-younger'), false);
    });
    await lab.delete(routeResource, 'z-old');
    const heir = await lab.untilCondition(() => lab.route('a-young'), 'Ready', 'True Ready');
    assert.equal(heir.conflictsWith, undefined);
    await lab.untilCondition(() => lab.route('b-younger'), 'Ready', 'True Ready');
    await eventually(() => assert.ok(proxy.specs.has('routes.default=2Eb-younger')));
  });

  it('have one set of names for listeners in all namespaces', async (t) => {
    let seconds = 0;
    const lab = await startOperatorLab(t, { now: () => new Date(1_800_000_000_000 + (seconds += 1) * 1000) });
    const proxy = lab.proxy();
    await lab.startOperator();
    const other = await lab.kube.createNamespace();
    await lab.put(listenerResource, 'edge', { bind: ['0.0.0.0:443'] });
    await lab.put(listenerResource, 'edge', { bind: ['0.0.0.0:444'] }, other);
    await lab.put(listenerResource, 'side', { bind: ['0.0.0.0:443'] }, other);
    const read = (name: string) => async () => await lab.status(listenerResource, name, other);
    const named = await lab.untilCondition(read('edge'), 'Conflicted', 'True NameTaken');
    assert.equal(named.conflictsWith, 'default/edge');
    await lab.untilCondition(read('side'), 'Conflicted', 'True AddressTaken');
    await lab.untilCondition(() => lab.status(listenerResource, 'edge'), 'Ready', 'True Ready');
    assert.deepEqual([...proxy.specs.keys()], ['listeners.edge']);
    await lab.delete(listenerResource, 'edge');
    await lab.untilCondition(read('edge'), 'Ready', 'True Ready');
    await eventually(() => assert.deepEqual(proxy.specs.get('listeners.edge'), { bind: ['0.0.0.0:444'] }));
    await lab.untilCondition(read('side'), 'Ready', 'True Ready');
  });

  it('do not stop the others when one cannot be read, and keep its last good version in force', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    await putNamed(lab, 'web', ['a.example.com']);
    await lab.untilCondition(() => lab.route('web'), 'Ready', 'True Ready');
    await lab.put(routeResource, 'web', { match: { sources: ['10.0.0.1/8'] }, to });
    await putNamed(lab, 'next', ['b.example.com']);
    await lab.untilCondition(() => lab.route('next'), 'Ready', 'True Ready');
    const bad = await lab.untilCondition(() => lab.route('web'), 'Accepted', 'False Invalid');
    const message = conditionOf(bad, 'Accepted')?.message ?? '';
    assert.match(message, /spec\.match\.sources\[0\] has bits set beyond its prefix .*10\.0\.0\.0\/8/);
    assert.match(message, /the last good version stays in force/);
    assert.equal(conditionOf(bad, 'Stalled')?.status, 'True');
    assert.equal(conditionOf(bad, 'Programmed')?.status, 'False');
    assert.deepEqual(proxy.specs.get('routes.default=2Eweb'), { match: { sni: ['a.example.com'] }, to });
  });
});
