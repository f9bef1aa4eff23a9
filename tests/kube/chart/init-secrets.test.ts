/** The command of the chart's Job as a process, with the token of the ServiceAccount that the chart gives it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { initSecretsArgs } from './init-secrets-args.ts';
import { parseManifests } from './manifest.ts';
import { buildUmbrella, type UmbrellaChart } from './umbrella-chart.ts';

const skip = await whyNoKubeApi({ helm: true });
const operatorCommand = fileURLToPath(new URL('../../../apps/operator/bin/sluice-operator', import.meta.url));
const account = 'sluice-init-secrets';
const chart: UmbrellaChart | null = skip === false ? await buildUmbrella({ after }, 4) : null;

interface Site {
  readonly api: KubeApi;
  readonly namespace: string;
  run(): Promise<CommandResult>;
}

/** A namespace with the chart's ServiceAccount and Role, and nothing else of it. */
async function openSite(t: { after(close: () => void | Promise<void>): void }): Promise<Site> {
  assert.ok(chart);
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const manifests = parseManifests(await chart.template(['--set', 'crds.enabled=false'], { namespace }));
  const ours = manifests.filter(
    ({ kind, metadata }) => metadata.name === account && ['ServiceAccount', 'Role', 'RoleBinding'].includes(kind),
  );
  assert.equal(ours.length, 3);
  const input = ours.map((one) => JSON.stringify(one)).join('\n---\n');
  const applied = await api.kubectl(['apply', '--namespace', namespace, '--filename', '-'], { input });
  assert.equal(applied.code, 0, applied.stderr);
  const kubeconfig = await api.createTokenKubeconfig(namespace, account);
  const args = [...initSecretsArgs(manifests), '--kubeconfig', kubeconfig];
  return { api, namespace, run: () => runCommand(operatorCommand, args, { timeoutMs: 60_000 }) };
}

async function secretsOf({ api, namespace }: Site): Promise<ReadonlyMap<string, string>> {
  const list = await api.client.call(`/api/v1/namespaces/${namespace}/secrets`);
  const items = list['items'] as readonly { readonly metadata: { readonly name: string }; readonly data: object }[];
  return new Map(items.map(({ metadata, data }) => [metadata.name, JSON.stringify(data)]));
}

describe('sluice-operator init-secrets', { skip }, () => {
  test('makes what the chart mounts, prints no secret, and a second run changes nothing', async (t) => {
    const site = await openSite(t);
    const first = await site.run();
    assert.equal(first.code, 0, `${first.stdout}${first.stderr}`);
    const made = await secretsOf(site);
    assert.deepEqual(
      [...made.keys()].toSorted(),
      [
        ...['ack-key', 'admin-api-key', 'nats-admin', 'nats-keys', 'nats-operator', 'nats-proxy', 'nats-state-service'],
        ...['operator-api-key', 'pepper', 'postgres'],
      ].map((name) => `sluice-${name}`),
    );
    for (const [name, data] of made) {
      for (const encoded of Object.values(JSON.parse(data) as Readonly<Record<string, string>>)) {
        const text = Buffer.from(encoded, 'base64').toString().trim();
        assert.ok(!`${first.stdout}${first.stderr}`.includes(text), `${name} is in the output`);
      }
    }
    const second = await site.run();
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(await secretsOf(site), made);
  });

  test('two at once end with one set', async (t) => {
    const site = await openSite(t);
    const runs = await Promise.all([site.run(), site.run()]);
    for (const run of runs) assert.equal(run.code, 0, `${run.stdout}${run.stderr}`);
    const created = runs.flatMap(({ stdout }) =>
      stdout.split('\n').flatMap((line) => {
        const entry = line === '' ? {} : (JSON.parse(line) as { readonly created?: readonly string[] });
        return entry.created ?? [];
      }),
    );
    assert.deepEqual(created.toSorted(), [...(await secretsOf(site)).keys()].toSorted());
  });

  test('says which Secret cannot be used and leaves it', async (t) => {
    const site = await openSite(t);
    const stringData = { seed: 'SUAWRONG' };
    const path = `/api/v1/namespaces/${site.namespace}/secrets`;
    await site.api.client.call(path, { method: 'POST', body: { metadata: { name: 'sluice-nats-proxy' }, stringData } });
    const run = await site.run();
    assert.equal(run.code, 2);
    assert.match(run.stderr, /Secret sluice-nats-proxy: its key seed is no NKey seed of a user/);
    assert.ok(!run.stderr.includes('SUAWRONG'));
    assert.equal((await secretsOf(site)).get('sluice-nats-proxy'), JSON.stringify({ seed: 'U1VBV1JPTkc=' }));
  });

  test('has leave for what it does and for nothing else', async (t) => {
    const site = await openSite(t);
    assert.equal((await site.run()).code, 0);
    const seed = `/api/v1/namespaces/${site.namespace}/secrets/sluice-nats-admin`;
    await site.api.client.call(seed, { method: 'DELETE' });
    assert.equal((await site.run()).code, 0);
    const username = `system:serviceaccount:${site.namespace}:${account}`;
    const used = await eventually(async () => {
      const events = await site.api.auditLog((event) => event.user.username === username);
      const requests = events.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name ?? ''}`);
      assert.ok(requests.some((request) => request.startsWith('update ')));
      assert.deepEqual(
        events.filter(({ responseStatus }) => responseStatus?.code === 403),
        [],
      );
      return new Set(requests.map((request) => (request.startsWith('create ') ? 'create secrets' : request)));
    });
    assert.deepEqual([...used].toSorted(), await grantsOf(site));
  });
});

interface Rule {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the Role gives: `verb resource name`. */
async function grantsOf({ api, namespace }: Site): Promise<readonly string[]> {
  const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${account}`;
  const rules = (await api.client.call(path))['rules'] as readonly Rule[];
  const pairs = rules.flatMap(({ verbs, resources, resourceNames }) =>
    verbs.flatMap((verb) => resources.map((resource) => ({ what: `${verb} ${resource}`, resourceNames }))),
  );
  const grants = pairs.flatMap(({ what, resourceNames }) => resourceNames?.map((name) => `${what} ${name}`) ?? [what]);
  return grants.toSorted();
}
