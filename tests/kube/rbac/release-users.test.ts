/**
 * What the chart does when it is uninstalled: the command of its Job as a process, with the token and the leave that the Job has. On an API server of its own,
 * since it looks at every namespace.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiVersion } from '@sluice/contract/resources/api-group.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { findManifest, type Manifest, parseManifests } from '../chart/manifest.ts';
import { buildUmbrella, type UmbrellaChart } from '../chart/umbrella-chart.ts';
import { compareGrants, grantsOf } from './grants.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const operatorCommand = pathOf('../../../apps/operator/bin/sluice-operator');
const skip = await whyNoKubeApi({ helm: true });
const account = 'sluice-release-users';
const finalizers = ['sluice.dev/user'];

interface Stage {
  readonly api: KubeApi;
  readonly chart: UmbrellaChart;
}

async function openStage(): Promise<Stage> {
  const [api, chart] = await Promise.all([startKubeApi({ after }), buildUmbrella({ after }, 4)]);
  await api.installCrds(pathOf('../../../deploy/crds'));
  return { api, chart };
}

const stage = skip === false ? await openStage() : null;

function theStage(): Stage {
  assert.ok(stage);
  return stage;
}

async function putUser(namespace: string, name: string): Promise<void> {
  const body = { apiVersion, kind: 'ProxyUser', metadata: { name, finalizers }, spec: { credentials: [] } };
  const path = `/apis/${apiVersion}/namespaces/${namespace}/proxyusers`;
  await theStage().api.client.call(path, { method: 'POST', body });
}

async function isHeld(namespace: string, name: string): Promise<boolean> {
  const { metadata } = await theStage().api.client.call(
    `/apis/${apiVersion}/namespaces/${namespace}/proxyusers/${name}`,
  );
  return (metadata as { readonly finalizers?: readonly string[] }).finalizers !== undefined;
}

/** The hooks of the chart as a release in `own` has them, without the Job, whose command line they come with. */
async function renderHooks(
  own: string,
  set: readonly string[],
): Promise<{ hooks: readonly Manifest[]; args: readonly string[] }> {
  const text = await theStage().chart.template(['--set', 'crds.enabled=false', ...set], { namespace: own });
  const hooks = parseManifests(text).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'post-delete');
  const job = findManifest(hooks, 'Job', account)['spec'] as {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: readonly { readonly args: readonly string[] }[];
      };
    };
  };
  assert.equal(job.template.spec.serviceAccountName, account);
  const args = job.template.spec.containers[0]?.args ?? [];
  return { hooks: hooks.filter(({ kind }) => kind !== 'Job'), args };
}

async function runHooks(own: string, set: readonly string[]): Promise<void> {
  const { api } = theStage();
  const { hooks, args } = await renderHooks(own, set);
  const input = hooks.map((one) => JSON.stringify(one)).join('\n---\n');
  const applied = await api.kubectl(['apply', '--filename', '-'], { input });
  assert.equal(applied.code, 0, applied.stderr);
  const kubeconfig = await api.createTokenKubeconfig(own, account);
  const result = await runCommand(operatorCommand, [...args, '--kubeconfig', kubeconfig]);
  assert.equal(result.code, 0, `${result.stdout}${result.stderr}`);
  const username = `system:serviceaccount:${own}:${account}`;
  await eventually(async () => {
    const requests = await api.auditLog(({ user }) => user.username === username);
    assert.deepEqual(compareGrants(grantsOf(hooks), requests), { unused: [], ungranted: [] });
  });
  const removed = await api.kubectl(['delete', '--wait=false', '--filename', '-'], { input });
  assert.equal(removed.code, 0, removed.stderr);
}

describe('an uninstallation', { skip }, () => {
  test('lets every ProxyUser go, so that their namespaces can be deleted, with no more leave than that takes', async (t) => {
    const { api } = theStage();
    const [own, tenant, doomed] = await Promise.all([1, 2, 3].map(() => api.createNamespace(t)));
    assert.ok(own !== undefined && tenant !== undefined && doomed !== undefined);
    await putUser(tenant, 'alice');
    await putUser(doomed, 'bob');
    await api.client.call(`/api/v1/namespaces/${doomed}`, { method: 'DELETE' });
    await runHooks(own, []);
    assert.equal(await isHeld(tenant, 'alice'), false);
    await eventually(async () => assert.equal((await api.client.send(`/api/v1/namespaces/${doomed}`)).status, 404), {
      timeoutMs: 60_000,
    });
  });

  test('of a release that looks at some namespaces leaves the others alone', async (t) => {
    const { api } = theStage();
    const [own, watched, other] = await Promise.all([1, 2, 3].map(() => api.createNamespace(t)));
    assert.ok(own !== undefined && watched !== undefined && other !== undefined);
    await putUser(watched, 'carol');
    await putUser(other, 'dave');
    await runHooks(own, ['--set', `operator.watchNamespaces={${watched}}`]);
    assert.equal(await isHeld(watched, 'carol'), false);
    assert.equal(await isHeld(other, 'dave'), true);
    const body = { metadata: { finalizers: null } };
    const contentType = 'application/merge-patch+json';
    const path = `/apis/${apiVersion}/namespaces/${other}/proxyusers/dave`;
    await api.client.call(path, { method: 'PATCH', body, contentType });
  });

  test('does nothing about ProxyUsers where it is told not to', async () => {
    for (const set of [
      'operator.users.releaseOnUninstall=false',
      'operator.users.enabled=false',
      'operator.enabled=false',
    ]) {
      assert.doesNotMatch(await theStage().chart.template(['--set', set]), /post-delete/, set);
    }
  });
});
