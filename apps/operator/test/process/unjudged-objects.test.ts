/** Objects that no schema of today has judged: they were stored under an older one, or under none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { FakeResource } from '@sluice/testkit/kube/fake/fake-resource.ts';
import {
  conditionOf,
  listenerResource,
  type OperatorLab,
  routeResource,
  type StatusView,
  startOperatorLab,
} from '../operator-lab.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };
const anything = [null, 'x', 7, [], {}];
const routeSpecs = [
  ...anything,
  ...anything.map((listeners) => ({ listeners, to, match: null })),
  ...anything.map((one) => ({ listeners: [one, {}] })),
  ...[null, 'x', 7, {}].map((endpoints) => ({ to: { endpoints } })),
  ...anything.map((endpoint) => ({ to: { endpoints: [endpoint] } })),
  ...anything.map((service) => ({ to: { endpoints: [{ service }] } })),
  ...anything.map((url) => ({ to: { endpoints: [{ url, service: null }] } })),
  ...anything.map((action) => ({ action, to: null })),
  ...anything.map((match) => ({ match, to: {} })),
];
const listenerSpecs = [...anything, ...anything.map((bind) => ({ bind, detect: null })), { bind: anything }];

async function createAll(lab: OperatorLab, resource: FakeResource, specs: readonly unknown[]): Promise<void> {
  for (const [index, spec] of specs.entries()) await lab.put(resource, `bad-${index}`, spec);
}

async function statuses(lab: OperatorLab, resource: FakeResource, count: number): Promise<readonly StatusView[]> {
  const names = Array.from({ length: count }, (_, index) => `bad-${index}`);
  return await Promise.all(names.map(async (name) => await lab.status(resource, name)));
}

describe('objects that hold anything anywhere', () => {
  it('say what is wrong with them, and stop no other', async (t) => {
    const lab = await startOperatorLab(t);
    lab.proxies(1);
    await createAll(lab, routeResource, routeSpecs);
    await createAll(lab, listenerResource, listenerSpecs);
    await lab.put(routeResource, 'good', { to });
    await lab.startOperator();
    await lab.untilCondition(() => lab.route('good'), 'Ready', 'True Ready');
    await eventually(async () => {
      const all = [
        ...(await statuses(lab, routeResource, routeSpecs.length)),
        ...(await statuses(lab, listenerResource, listenerSpecs.length)),
      ];
      for (const status of all) {
        assert.match(conditionOf(status, 'Accepted')?.message ?? '', /^spec/);
        assert.equal(conditionOf(status, 'Stalled')?.status, 'True');
        for (const name of ['listeners', 'upstream', 'addresses']) {
          assert.ok(['string', 'undefined'].includes(typeof status[name]), `${name} is ${typeof status[name]}`);
        }
      }
    });
    assert.deepEqual(
      lab.lines.filter(({ msg }) => msg === 'reconciling failed'),
      [],
    );
  });

  it('keep the last good version of themselves in force, and not that of an object before them', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    const key = 'routes.default=2Eweb';
    const first = await lab.startOperator();
    await lab.put(routeResource, 'web', { to });
    await lab.untilCondition(() => lab.route('web'), 'Ready', 'True Ready');
    await first.stop(1_000);
    await lab.put(routeResource, 'web', { to: 'nowhere' });
    await lab.startOperator();
    await lab.untilCondition(() => lab.route('web'), 'Accepted', 'False Invalid');
    assert.deepEqual(proxy.specs.get(key), { to });
    await lab.delete(routeResource, 'web');
    await eventually(() => assert.equal(proxy.specs.has(key), false));
    await lab.put(routeResource, 'web', { to: 'nowhere' });
    await lab.untilCondition(() => lab.route('web'), 'Programmed', 'False NotPublished');
    assert.equal(proxy.specs.has(key), false);
  });
});
