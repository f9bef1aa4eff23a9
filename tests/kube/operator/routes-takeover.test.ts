/** What becomes of traffic, and of what is published, when the operator that leads is killed, paused, or deposed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { openOperatorScene, whyNoOperatorScene } from './operator-scene.ts';

const skip = await whyNoOperatorScene();
/** A Lease that was not given back is somebody's for fifteen seconds. */
const timeoutMs = 60_000;

const toPort = (port: number): object => ({ to: { endpoints: [{ url: `tcp://127.0.0.1:${port}` }] } });

describe('an operator that is gone', { skip }, () => {
  it('leaves traffic as it is, and what changed meanwhile is published by the next one', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [one, two, proxies, operator] = await Promise.all([
      startNamedOrigin(t, 'one'),
      startNamedOrigin(t, 'two'),
      scene.startProxies(2),
      scene.startOperator(),
    ]);
    await scene.applyRoute('web', toPort(one.port));
    await scene.untilRoute('web', 'Ready', 'True Ready');
    await operator.kill();
    await scene.applyRoute('web', toPort(two.port));
    for (const proxy of proxies) assert.equal(await scene.greeting(proxy), 'one');
    await scene.startOperator();
    for (const proxy of proxies) {
      await eventually(async () => assert.equal(await scene.greeting(proxy), 'two'), { timeoutMs });
    }
    await eventually(async () => assert.equal((await scene.status('proxyroutes', 'web')).observedGeneration, 2));
    await scene.untilRoute('web', 'Ready', 'True Ready');
  });

  it('changes nothing any more when it wakes up after another has taken over', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [one, two, proxies, operator] = await Promise.all([
      startNamedOrigin(t, 'one'),
      startNamedOrigin(t, 'two'),
      scene.startProxies(1),
      scene.startOperator(),
    ]);
    const [proxy] = proxies;
    assert.ok(proxy);
    await scene.applyRoute('web', toPort(one.port));
    await scene.untilRoute('web', 'Ready', 'True Ready');
    operator.pause();
    const second = await scene.startOperator();
    await second.waitForLog(({ msg }) => msg === 'took the routing over', { timeoutMs });
    await scene.applyRoute('web', toPort(two.port));
    await eventually(async () => assert.equal(await scene.greeting(proxy), 'two'), { timeoutMs });
    const before = operator.logPosition;
    operator.resume();
    await eventually(() => {
      assert.ok(operator.logs(({ msg }) => msg === 'no longer leading', before).length > 0);
    });
    await scene.applyRoute('web', { ...toPort(two.port), halfClose: false });
    await eventually(async () => {
      const status = await scene.status('proxyroutes', 'web');
      assert.deepEqual([status.observedGeneration, status.programmed], [3, '1/1']);
    });
    assert.equal(await scene.greeting(proxy), 'two');
    // Stopped in order, the other stands ready at once.
    await second.stop();
    await operator.waitForLog(({ msg, epoch }) => msg === 'took the routing over' && epoch === 3, { timeoutMs });
  });
});
