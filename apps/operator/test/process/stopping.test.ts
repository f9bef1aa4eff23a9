/** An operator that is told to end while what it waits for is away: it gives the Lease back, so that another leads at once. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { createHttpStateApi } from '../../src/users/http-state-api.ts';
import { homeNamespace, listenerResource, type OperatorLab, startOperatorLab } from '../operator-lab.ts';

const command = fileURLToPath(new URL('../../bin/sluice-operator', import.meta.url));
const timeout = 30_000;

async function holder(lab: OperatorLab): Promise<unknown> {
  const lease = await lab.kube.client.send(
    `/apis/coordination.k8s.io/v1/namespaces/${homeNamespace}/leases/sluice-operator`,
  );
  const { spec } = lease.body as { readonly spec?: { readonly holderIdentity?: string } };
  return spec?.holderIdentity;
}

describe('an operator that is told to end', () => {
  it('does so while NATS is away', { timeout }, async (t) => {
    const lab = await startOperatorLab(t);
    const operator = new ProgramProcess(t, {
      command,
      args: [
        ...['run', '--kubeconfig', lab.kube.kubeconfigPath, '--lease-namespace', homeNamespace],
        ...['--admin', '127.0.0.1:0', '--nats', 'nats://127.0.0.1:1'],
      ],
    });
    await operator.start();
    await operator.waitForLog(({ msg }) => msg === 'leading');
    assert.match(String(await holder(lab)), /-/);
    await operator.stop();
    assert.equal(operator.logs(({ msg }) => msg === 'stopped').length, 1);
    assert.equal(await holder(lab), undefined);
  });

  it('does so while a kind cannot be listed', { timeout }, async (t) => {
    const lab = await startOperatorLab(t);
    const fault = lab.forbidListing(listenerResource);
    const operator = await lab.startOperator();
    operator.synced.catch(() => {});
    await eventually(async () => assert.match(String(await holder(lab)), /-/));
    await eventually(() => assert.ok(fault.hits > 0));
    await operator.stop(1_000);
    assert.equal(await holder(lab), undefined);
  });

  it('does so while ProxyUsers cannot be listed', { timeout }, async (t) => {
    // The cluster of this lab does not have the kind.
    const lab = await startOperatorLab(t);
    const url = new URL('http://127.0.0.1:1');
    const state = createHttpStateApi({ url, ca: null, readKey: () => Promise.resolve('key') });
    const operator = await lab.startOperator({ users: { owner: 'kubernetes', releaseMs: 1_000 } }, state);
    operator.synced.catch(() => {});
    await eventually(() => assert.ok(lab.lines.some(({ msg }) => msg === 'publishing routing')));
    await operator.stop(1_000);
    assert.equal(await holder(lab), undefined);
  });
});
