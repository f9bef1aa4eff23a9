/** What the log and /readyz say of an operator that may not see, or cannot find, what it has to follow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { listenerResource, routeResource, startOperatorLab } from '../operator-lab.ts';

describe('an operator that is refused a kind', () => {
  it('says once which and why, and what it waits for', async (t) => {
    const lab = await startOperatorLab(t);
    const fault = lab.forbidListing(listenerResource);
    const operator = await lab.startOperator();
    operator.synced.catch(() => {});
    await eventually(() => assert.ok(fault.hits >= 3));
    const told = lab.lines.filter(({ level, msg }) => level === 'warn' && msg === 'watching failed');
    assert.deepEqual(
      told.map(({ resource }) => resource),
      ['proxylisteners'],
    );
    assert.match(JSON.stringify(told), /403 Forbidden/);
    const answer = await fetch(`${operator.adminUrl}/readyz`);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /not listed yet: proxylisteners/);
  });

  it('says that the kinds are not there before their CRDs are', async (t) => {
    const lab = await startOperatorLab(t, { resources: [routeResource] });
    const operator = await lab.startOperator();
    operator.synced.catch(() => {});
    await eventually(() => {
      const told = lab.lines.filter(({ level, msg }) => level === 'warn' && msg === 'watching failed');
      assert.match(JSON.stringify(told), /list proxylisteners.*404/);
    });
  });
});
