/** The API server is killed, its past compacted away, and it comes back on its port: what the operator last saw is too old (410). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { type FaultScene, openFaultScene, playUndisturbed, whyNoFaultScene } from './fault-scene.ts';

const skip = await whyNoFaultScene();

async function revisionOf(fault: FaultScene): Promise<string> {
  const { metadata } = (await fault.api.client.call('/api/v1/namespaces')) as unknown as {
    readonly metadata: { readonly resourceVersion: string };
  };
  return metadata.resourceVersion;
}

/** How often somebody listed the routes and was answered. */
async function routeLists(fault: FaultScene, user: string): Promise<number> {
  const lists = (await fault.api.auditLog(
    ({ user: by, verb, responseStatus }) => by.username === user && verb === 'list' && responseStatus?.code === 200,
  )) as readonly { readonly objectRef?: { readonly resource?: string } }[];
  return lists.filter(({ objectRef }) => objectRef?.resource === 'proxyroutes').length;
}

describe('an API server that is killed', { skip }, () => {
  it('is listed anew when it is back and its past is gone, and the state is that of an undisturbed run', async (t) => {
    const api = await startKubeApi(t, { nodes: 1 });
    const wanted = await playUndisturbed(t, api);
    const fault = await openFaultScene(t, api);
    const user = 'killed';
    const operator = await fault.planOperatorAs(user);
    await operator.start();
    await fault.begin();
    await fault.untilBegun();

    // Stopped, the operator misses the changes, and what comes after them is all that the server remembers.
    operator.pause();
    await fault.change();
    const revision = await revisionOf(fault);
    await api.kill();
    await api.compactEtcd(revision);
    operator.resume();
    await api.start();
    await fault.untilChanged();
    // What came before the end may lie in its socket still, so that the state is right before the list is made.
    await eventually(async () => {
      const lists = await routeLists(fault, user);
      assert.ok(lists >= 2, `the routes were listed ${lists} times`);
    });

    // And once more: connections break, and what is listed now is served by a server that has just begun.
    await api.restart();
    await fault.finish();
    await fault.untilFinished();

    assert.deepEqual(await fault.state(), wanted);
    await fault.assertQuiet(user);
    const events = await fault.eventCount();
    assert.ok(events <= 8, `${events} events`);
  });
});
