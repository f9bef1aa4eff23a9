/** Two candidates as processes of their own, one of them stopped in the middle of its leadership. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { JsonLine } from '@sluice/testkit/json-lines.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';

const skip = await whyNoKubeApi();
const program = fileURLToPath(new URL('elector-program.ts', import.meta.url));
const patient = { timeoutMs: 40_000 };

async function startCandidate(
  t: CleanupScope,
  { api, namespace, identity }: { readonly api: KubeApi; readonly namespace: string; readonly identity: string },
): Promise<ProgramProcess> {
  const args = [program, api.kubeconfigPath, namespace, identity];
  const candidate = new ProgramProcess(t, { command: process.execPath, args });
  await candidate.start();
  return candidate;
}

const gained = ({ msg }: JsonLine): boolean => msg === 'gained';
const acted = ({ msg }: JsonLine): boolean => msg === 'acted';

function actionTimes(candidate: ProgramProcess): number[] {
  return candidate.logs(acted).map((line) => Number(line['atMs']));
}

test('a leader that was stopped acts no more when it wakes, and nobody has acted beside it', { skip }, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const one = await startCandidate(t, { api, namespace, identity: 'one' });
  await one.waitForLog(acted, patient);
  const two = await startCandidate(t, { api, namespace, identity: 'two' });
  one.pause();
  await two.waitForLog(acted, patient);
  const before = actionTimes(one);
  const position = one.logPosition;
  one.resume();
  await one.waitForLog(({ msg }) => msg === 'lost', patient);
  await eventually(() => assert.ok(actionTimes(two).length > 50), patient);
  assert.deepEqual(one.logs(acted, position), []);
  const lastOfOne = before.at(-1) ?? 0;
  const firstOfTwo = actionTimes(two)[0] ?? 0;
  assert.ok(lastOfOne < firstOfTwo, `one acted at ${lastOfOne}, two from ${firstOfTwo}`);
  // Not before the Lease was over: its last renewal was at most a moment before one was stopped.
  assert.ok(firstOfTwo - lastOfOne >= 4_000, `taken over after ${firstOfTwo - lastOfOne} ms`);
  assert.equal(two.logs(gained)[0]?.['transitions'], 1);
});

test('a leader that ends hands over in a moment, and the number grows with each change', { skip }, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const one = await startCandidate(t, { api, namespace, identity: 'one' });
  await one.waitForLog(acted, patient);
  const two = await startCandidate(t, { api, namespace, identity: 'two' });
  await one.stop();
  assert.equal(one.logs(({ msg }) => msg === 'stopped').length, 1);
  await two.waitForLog(acted, patient);
  const waitedMs = (actionTimes(two)[0] ?? 0) - (actionTimes(one).at(-1) ?? 0);
  assert.ok(waitedMs < 6_000, `handed over in ${waitedMs} ms, no quicker than after a crash`);
  const again = await startCandidate(t, { api, namespace, identity: 'three' });
  await two.kill();
  await again.waitForLog(acted, patient);
  const transitions = [one, two, again].map((candidate) => candidate.logs(gained)[0]?.['transitions']);
  assert.deepEqual(transitions, [0, 1, 2]);
});

test('a Lease that was made without a holder, as the chart makes it, is taken at once', { skip }, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  await api.client.call(path, { method: 'POST', body: { metadata: { name: 'leader' } } });
  const one = await startCandidate(t, { api, namespace, identity: 'one' });
  await one.waitForLog(acted, patient);
  assert.equal(one.logs(gained)[0]?.['transitions'], 1);
});
