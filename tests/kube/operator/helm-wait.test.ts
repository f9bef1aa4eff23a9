/**
 * Objects of ours in somebody's chart: `helm install --wait` returns when the proxies serve them, and fails at once when they never
 * will. Helm 4 reads conditions as kstatus does; Helm 3 waits for no object that it does not know.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import type { CommandResult } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { conditionOf, openOperatorScene, type OperatorScene, whyNoOperatorScene } from './operator-scene.ts';

const skip = (await whyNoOperatorScene()) || (await whyNoKubeApi({ helm: true }));
/** Longer than any of it takes; what fails at once is far below. */
const patienceSeconds = 90;

/** A chart with one route. */
async function writeChart(scope: CleanupScope, name: string, spec: object): Promise<string> {
  const chart = join(await createTemporaryDirectory(scope), name);
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name, version: '1.0.0' }));
  const route = { apiVersion: 'sluice.dev/v1alpha1', kind: 'ProxyRoute', metadata: { name }, spec };
  await writeFile(join(chart, 'templates/route.yaml'), JSON.stringify(route));
  return chart;
}

async function install(
  scene: OperatorScene,
  name: string,
  chart: string,
  seconds = patienceSeconds,
): Promise<CommandResult> {
  const args = ['install', name, chart, '--namespace', scene.namespace, '--wait', '--timeout', `${seconds}s`];
  return await scene.api.helm(4, args, { timeoutMs: (seconds + 30) * 1_000 });
}

describe('helm install --wait', { skip }, () => {
  test('returns when every proxy serves the route of a chart', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [origin, proxies] = await Promise.all([
      startNamedOrigin(t, 'behind'),
      scene.startProxies(2),
      scene.startOperator(),
    ]);
    const chart = await writeChart(t, 'web', { to: { endpoints: [{ url: `tcp://127.0.0.1:${origin.port}` }] } });
    const installed = await install(scene, 'web', chart);
    assert.equal(installed.code, 0, installed.stderr);
    // Asked once: it is not shown before it is so.
    const status = await scene.status('proxyroutes', 'web');
    assert.equal(conditionOf(status, 'Ready')?.status, 'True', JSON.stringify(status));
    assert.equal(status.programmed, '2/2');
    for (const proxy of proxies) assert.equal(await scene.greeting(proxy), 'behind');
  });

  test('waits while nobody has looked at the route', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const chart = await writeChart(t, 'alone', { action: 'Ban' });
    const installed = await install(scene, 'alone', chart, 3);
    assert.notEqual(installed.code, 0, 'there is no operator, and the route is in force nowhere');
  });

  test('fails long before its time is over when a proxy rejects the route', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    await Promise.all([scene.startProxies(1), scene.startOperator()]);
    const chart = await writeChart(t, 'typo', { listeners: ['egde'], action: 'Ban' });
    const beganMs = performance.now();
    const installed = await install(scene, 'typo', chart);
    assert.notEqual(installed.code, 0);
    assert.match(installed.stderr, /typo.*Failed/s);
    assert.ok(performance.now() - beganMs < (patienceSeconds / 2) * 1_000);
    assert.equal(conditionOf(await scene.status('proxyroutes', 'typo'), 'Stalled')?.reason, 'Rejected');
  });
});
