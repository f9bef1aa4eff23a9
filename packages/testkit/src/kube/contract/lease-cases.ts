/** A Lease as leader election uses it. */
import assert from 'node:assert/strict';
import type { ContractCase } from './contract-case.ts';

export const leaseCases: readonly ContractCase[] = [
  {
    name: 'gives a Lease to the first of two that replace the same version, and keeps microseconds',
    async run({ client, namespace }) {
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
      const spec = {
        holderIdentity: 'one',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        acquireTime: '2026-01-02T03:04:05.678901Z',
        renewTime: '2026-01-02T03:04:05.678901Z',
      };
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'leader' }, spec };
      const created = await client.call(path, { method: 'POST', body });
      assert.deepEqual(created['spec'], spec);
      const take = async (holderIdentity: string) =>
        await client.send(`${path}/leader`, {
          method: 'PUT',
          body: { ...created, spec: { ...spec, holderIdentity, leaseTransitions: 1 } },
        });
      const taken = await Promise.all([take('two'), take('three')]);
      assert.deepEqual(
        taken.map(({ status }) => status).toSorted((a, b) => a - b),
        [200, 409],
      );
      const winner = taken.find(({ status }) => status === 200);
      assert.deepEqual((await client.call(`${path}/leader`))['spec'], winner?.body['spec']);
    },
  },
  {
    name: 'writes an Event about an object, and its series by a merge patch',
    async run({ client, namespace }) {
      const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
      const regarding = { apiVersion: 'testing.sluice.dev/v1', kind: 'Widget', name: 'one', namespace };
      const eventTime = '2026-01-02T03:04:05.678901Z';
      const event = { action: 'Publish', reason: 'Rejected', type: 'Warning', note: 'why', eventTime, regarding };
      const reporter = { reportingController: 'testing.sluice.dev/test', reportingInstance: 'test-1' };
      const body = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'one.1' },
        ...event,
        ...reporter,
      };
      const created = await client.send(path, { method: 'POST', body });
      assert.equal(created.status, 201, JSON.stringify(created.body));
      const series = { count: 2, lastObservedTime: '2026-01-02T03:04:06.000000Z' };
      const contentType = 'application/merge-patch+json';
      const patched = await client.call(`${path}/one.1`, { method: 'PATCH', contentType, body: { series } });
      assert.deepEqual(patched['series'], series);
    },
  },
];
