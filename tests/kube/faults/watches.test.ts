/** Watches that end after each event, say things twice or fail, lists of yesterday, and refusals: between the operator and a real API server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { type ApiRelay, openApiRelay } from './api-relay.ts';
import { type FaultScene, openFaultScene, playUndisturbed, whyNoFaultScene } from './fault-scene.ts';

const skip = await whyNoFaultScene();

interface Spoiled {
  readonly fault: FaultScene;
  readonly relay: ApiRelay;
  readonly user: string;
}

/** Resolves when every route has been listed again. */
async function listAnew(relay: ApiRelay): Promise<void> {
  const from = relay.calls.length;
  relay.expireWatches();
  await eventually(() => {
    const lists = relay.calls.slice(from).filter(({ kind }) => kind === 'List');
    for (const plural of ['proxyroutes', 'proxylisteners', 'services', 'endpointslices']) {
      assert.ok(
        lists.some(({ path }) => path.endsWith(plural)),
        plural,
      );
    }
  });
}

describe('an operator whose watches and requests are spoiled', { skip }, () => {
  it('comes to the state of an undisturbed one, asks no more often than it should, and is then quiet', async (t) => {
    const api = await sharedKubeApi();
    const open = async (name: string): Promise<Spoiled> => {
      const fault = await openFaultScene(t, api);
      const user = `${name}-${fault.namespace}`;
      const relay = await openApiRelay(t, api, user);
      await fault.planOperator(relay.kubeconfigPath).start();
      return { fault, relay, user };
    };
    const [wanted, closing, doubling, stale, throttled] = await Promise.all([
      playUndisturbed(t, api),
      open('closing'),
      open('doubling'),
      open('stale'),
      open('throttled'),
    ]);
    const all = [closing, doubling, stale, throttled];
    await Promise.all(all.map(async ({ fault }) => await fault.begin()));
    await Promise.all(all.map(async ({ fault }) => await fault.untilBegun()));

    closing.relay.fateOfLine = () => 'End';
    doubling.relay.fateOfLine = () => 'Double';
    await listAnew(stale.relay);
    stale.relay.repeatsLists = true;
    let refusals = 0;
    throttled.relay.refuse = ({ method }) => {
      const isRefused = refusals < 40 && method !== 'GET';
      if (isRefused) refusals += 1;
      return isRefused ? { status: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 } : null;
    };
    await Promise.all(all.map(async ({ fault }) => await fault.change()));
    await Promise.all(all.map(async ({ fault }) => await fault.untilChanged()));
    // What it has seen is taken back by lists of before, and said again by the watches that follow them.
    await listAnew(stale.relay);
    await stale.fault.untilChanged();
    stale.relay.repeatsLists = false;
    await Promise.all(all.map(async ({ fault }) => await fault.finish()));
    await Promise.all(all.map(async ({ fault }) => await fault.untilFinished()));

    for (const { fault, user } of all) assert.deepEqual(await fault.state(), wanted, user);
    const watches = (): number => closing.relay.calls.filter(({ kind }) => kind === 'Watch').length;
    const before = watches();
    await Promise.all(all.map(async ({ fault, user }) => await fault.assertQuiet(user)));
    // A watch that ends at once is asked for again once a second at most: five kinds, and the grants are two.
    assert.ok(watches() - before < 8 * 16, `${watches() - before} watches in fifteen quiet seconds`);
    for (const { fault, user } of all) {
      const events = await fault.eventCount();
      assert.ok(events <= 8, `${user}: ${events} events`);
    }
    assert.ok(refusals > 5, `${refusals} refusals`);
  });
});
