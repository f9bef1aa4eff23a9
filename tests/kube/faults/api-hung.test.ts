/** The API server is stopped: connections stay open, nobody answers, and the Lease cannot be renewed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { openFaultScene, playUndisturbed, stepTimeoutMs, whyNoFaultScene } from './fault-scene.ts';

const skip = await whyNoFaultScene();

describe('an API server that hangs', { skip }, () => {
  it('costs the operator its Lease and nothing else: it goes on when the server does', async (t) => {
    const api = await startKubeApi(t, { nodes: 1 });
    const wanted = await playUndisturbed(t, api);
    const fault = await openFaultScene(t, api);
    const user = 'hung';
    const operator = await fault.planOperatorAs(user);
    await operator.start();
    await fault.begin();
    await fault.untilBegun();
    const begun = await fault.state();

    api.pause();
    await operator.waitForLog(({ msg, reason }) => msg === 'no longer leading' && reason === 'RenewFailed', {
      timeoutMs: stepTimeoutMs,
    });
    api.resume();
    assert.deepEqual((await fault.state()).bus, begun.bus);
    await fault.change();
    await fault.untilChanged();

    // Shorter than the Lease: what was asked for meanwhile is answered late, and all is well.
    api.pause();
    const during = fault.finish();
    await operator.waitForLog(({ msg }) => msg === 'the Lease could not be had', { timeoutMs: stepTimeoutMs });
    api.resume();
    await during;
    await fault.untilFinished();

    assert.deepEqual(await fault.state(), wanted);
    await fault.assertQuiet(user);
    const events = await fault.eventCount();
    assert.ok(events <= 8, `${events} events`);
  });
});
