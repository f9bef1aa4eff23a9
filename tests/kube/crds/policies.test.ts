/**
 * What guards the kinds over time and between namespaces, on a server of its own: definitions are not replaced by older ones, routes
 * keep to the host names of their namespace, and a tightened schema spares what was stored before.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { resourceDefinitions } from '@sluice/contract/crd/resource-definitions.ts';
import { bundleVersion, bundleVersionAnnotation } from '@sluice/contract/resources/api-group.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { crdFolder, CrdScene, policyFolder, verdictOf } from './crd-scene.ts';

const skip = await whyNoKubeApi();
const mergePatch = 'application/merge-patch+json';
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/proxyroutes.sluice.dev';

interface Guarded {
  readonly api: KubeApi;
  readonly createScene: (t: TestContext, annotations?: Readonly<Record<string, string>>) => Promise<CrdScene>;
}

async function kubectl(api: KubeApi, ...args: readonly string[]): Promise<string> {
  const result = await api.kubectl(args);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

/** Policies are in force some time after they are there: the first refusal shows that they are. */
async function openGuarded(t: TestContext): Promise<Guarded> {
  const api = await startKubeApi(t);
  await api.installCrds(crdFolder);
  await kubectl(api, 'apply', '--server-side', '--filename', policyFolder);
  await kubectl(api, 'delete', 'validatingadmissionpolicybinding', 'sluice-host-names-required');
  const createScene: Guarded['createScene'] = async (scope, annotations = {}) => {
    const namespace = await api.createNamespace(scope);
    const body = { metadata: { annotations } };
    await api.client.call(`/api/v1/namespaces/${namespace}`, { method: 'PATCH', contentType: mergePatch, body });
    return new CrdScene(api, namespace);
  };
  const probe = await createScene(t, { 'sluice.dev/hosts': '' });
  await eventually(async () => assert.ok(!(await probe.judge('ProxyRoute', { action: 'Ban' })).isAccepted));
  return { api, createScene };
}

async function causesOf(scene: CrdScene, match: object): Promise<string> {
  const { causes } = await scene.judge('ProxyRoute', { match, action: 'Ban' });
  return causes.join('; ');
}

async function proveHostNames(t: TestContext, { createScene }: Guarded): Promise<void> {
  const hosts = 'www.example.com, *.Shop.example.com';
  const shop = await createScene(t, { 'sluice.dev/hosts': hosts });
  for (const sni of [
    ['www.example.com'],
    ['WWW.Example.com.', 'a.shop.example.com', 'a.b.shop.example.com'],
    ['*.shop.example.com', '*.a.shop.example.com'],
  ])
    assert.equal(await causesOf(shop, { sni }), '', sni.join());
  for (const [sni, other] of [
    [['example.com'], 'example.com'],
    [['www.example.com', 'shop.example.com'], 'shop.example.com'],
    [['*.example.com'], '*.example.com'],
    [['*.www.example.com'], '*.www.example.com'],
    [['xshop.example.com'], 'xshop.example.com'],
  ] as const) {
    const said = await causesOf(shop, { sni });
    assert.ok(
      said.includes(`spec.match.sni: ${other} is not among the host names of namespace`),
      `${sni.join()}: ${said}`,
    );
    assert.ok(said.includes(`(sluice.dev/hosts: ${hosts})`), said);
  }
  for (const match of [{}, { protocol: 'TLS' }, { protocol: 'HTTP' }, { protocol: 'HTTP2' }, { alpn: ['h2'] }])
    assert.match(await causesOf(shop, match), /spec\.match\.sni is missing: without it/, JSON.stringify(match));
  for (const protocol of ['SSH', 'SOCKS4', 'SOCKS5', 'Unknown']) assert.equal(await causesOf(shop, { protocol }), '');
  await proveSpellings(t, createScene);
  const free = await createScene(t);
  const all = await createScene(t, { 'sluice.dev/hosts': 'a.test,*' });
  for (const scene of [free, all])
    for (const match of [{}, { sni: ['any.test'] }, { protocol: 'TLS' }])
      assert.equal(await causesOf(scene, match), '');
}

async function proveSpellings(t: TestContext, createScene: Guarded['createScene']): Promise<void> {
  const rooted = await createScene(t, { 'sluice.dev/hosts': 'www.example.com., *.shop.example.com.' });
  assert.equal(await causesOf(rooted, { sni: ['www.example.com', 'a.shop.example.com.'] }), '');
  const root = await createScene(t, { 'sluice.dev/hosts': '*.' });
  for (const name of ['com', 'com.', '*.com.'])
    assert.match(await causesOf(root, { sni: [name] }), /is not among/, name);
  // The budget of CEL, and that of a message, is enough for as many names as a route can have.
  const names = Array.from({ length: 1024 }, (_, index) => `name-${index}.many.example.com`);
  const many = await createScene(t, { 'sluice.dev/hosts': names.slice(0, 800).join() });
  assert.equal(await causesOf(many, { sni: names.slice(0, 800) }), '');
  const said = await causesOf(many, { sni: names.slice(800) });
  assert.match(
    said,
    /spec\.match\.sni: name-800\.many\.example\.com, .*\.\.\. is not among .*name-0\.many.*: leave it out/,
  );
  assert.match(await causesOf(many, {}), /spec\.match\.sni is missing: .*\.\.\.\): name hosts of these/);
}

async function proveClaimsStay(t: TestContext, { api, createScene }: Guarded): Promise<void> {
  const scene = await createScene(t);
  const spec = { match: { sni: ['taken.test'] }, action: 'Ban' };
  assert.equal((await scene.create('ProxyRoute', { name: 'early', spec })).status, 201);
  await kubectl(api, 'annotate', 'namespace', scene.namespace, 'sluice.dev/hosts=own.test');
  await eventually(async () => assert.notEqual(await causesOf(scene, { sni: ['taken.test'] }), ''));
  const patch = async (body: object): Promise<boolean> =>
    verdictOf(
      await api.client.send(scene.pathOf('ProxyRoute', 'early'), { method: 'PATCH', contentType: mergePatch, body }),
    ).isAccepted;
  assert.ok(await patch({ metadata: { labels: { a: 'b' }, finalizers: ['sluice.dev/test'] } }));
  assert.ok(await patch({ spec: { action: 'Echo' }, metadata: { finalizers: [] } }));
  assert.ok(!(await patch({ spec: { match: { sni: ['taken.test', 'more.test'] } } })));
  assert.ok(!(await patch({ spec: { listeners: ['other'] } })));
  assert.ok(await patch({ spec: { match: { sni: ['own.test'] } } }));
}

async function proveRequired(t: TestContext, { api, createScene }: Guarded): Promise<void> {
  const bare = await createScene(t);
  const named = await createScene(t, { 'sluice.dev/hosts': '*.own.test' });
  await kubectl(api, 'apply', '--server-side', '--filename', `${policyFolder}/host-names-required.yaml`);
  await eventually(async () =>
    assert.match(
      await causesOf(bare, { sni: ['a.own.test'] }),
      /has no host names, and the route takes some: .*kubectl/,
    ),
  );
  assert.match(await causesOf(bare, {}), /has no host names/);
  assert.equal(await causesOf(bare, { protocol: 'SSH' }), '');
  assert.equal(await causesOf(named, { sni: ['a.own.test'] }), '');
}

/** The definition of routes as another version of the bundle would have it. */
function routesOf(version: string): object {
  const [routes] = resourceDefinitions();
  assert.ok(routes !== undefined);
  return { ...routes, metadata: { ...routes.metadata, annotations: { [bundleVersionAnnotation]: version } } };
}

async function proveNoDowngrade(_t: TestContext, { api }: Guarded): Promise<void> {
  const apply = async (definition: object): Promise<string> => {
    const result = await api.kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], {
      input: JSON.stringify(definition),
    });
    return result.code === 0 ? '' : result.stderr;
  };
  const [major, minor, patch] = bundleVersion.split('.').map(Number);
  assert.ok(major !== undefined && minor !== undefined && patch !== undefined);
  const newer = `${major}.${minor + 10}.${patch}`;
  await eventually(async () => {
    assert.equal(await apply(routesOf(newer)), '');
    assert.match(
      await apply(routesOf(bundleVersion)),
      /the definition in the cluster is newer .*kubectl annotate crd proxyroutes\.sluice\.dev sluice\.dev\/allow-downgrade=true/,
    );
  });
  for (const version of [`${major}.${minor + 9}.99`, 'none', `${major}.${minor}`, ''])
    assert.match(await apply(routesOf(version)), /is newer/, version);
  for (const version of [`${newer}-rc.1`, newer, `${major}.${minor + 10}.${patch + 1}`, `${major + 1}.0.0`])
    assert.equal(await apply(routesOf(version)), '', version);
  const dropped = { metadata: { annotations: { [bundleVersionAnnotation]: null } } };
  const answer = await api.client.send(crdPath, { method: 'PATCH', contentType: mergePatch, body: dropped });
  assert.ok(!verdictOf(answer).isAccepted);
  await kubectl(api, 'annotate', 'crd', 'proxyroutes.sluice.dev', 'sluice.dev/allow-downgrade=true');
  assert.equal(await apply(routesOf(bundleVersion)), '');
}

interface LooseSchema {
  readonly properties?: Readonly<Record<string, LooseSchema>>;
  readonly [word: string]: unknown;
}

/** The schema as a version before might have had it: no host pattern, no rules. */
function loosened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loosened);
  if (typeof value !== 'object' || value === null) return value;
  const words = Object.entries(value as LooseSchema).filter(
    ([word, content]) => word !== 'x-kubernetes-validations' && !(word === 'pattern' && typeof content === 'string'),
  );
  return Object.fromEntries(words.map(([word, content]) => [word, loosened(content)]));
}

async function proveRatcheting(t: TestContext, { api, createScene }: Guarded): Promise<void> {
  const scene = await createScene(t);
  const apply = async (definition: unknown): Promise<void> => {
    const result = await api.kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], {
      input: JSON.stringify(definition),
    });
    assert.equal(result.code, 0, result.stderr);
  };
  await apply(loosened(routesOf(bundleVersion)));
  const wrong = { match: { sni: ['-no-name-', 'ok.test'] }, to: { endpoints: [{ weight: 3 }] } };
  await eventually(async () =>
    assert.equal((await scene.create('ProxyRoute', { name: 'old', spec: wrong })).status, 201),
  );
  await apply(routesOf(bundleVersion));
  await eventually(async () => assert.ok(!(await scene.judge('ProxyRoute', wrong)).isAccepted));
  const patch = async (body: object): Promise<readonly string[]> =>
    verdictOf(
      await api.client.send(scene.pathOf('ProxyRoute', 'old'), { method: 'PATCH', contentType: mergePatch, body }),
    ).causes;
  assert.deepEqual(await patch({ metadata: { labels: { a: 'b' } }, spec: { halfClose: false } }), []);
  assert.match(
    (await patch({ spec: { match: { sni: ['-no-name-', '-nor-this-'] } } })).join(),
    /spec\.match\.sni\[1\]/,
  );
  assert.deepEqual(await patch({ spec: { match: { sni: ['name.test'] } } }), []);
}

test('definitions and host names are guarded, and what is stored is spared', { skip }, async (t) => {
  const guarded = await openGuarded(t);
  await t.test('routes keep to the host names in the annotation of their namespace', (s) => proveHostNames(s, guarded));
  await t.test('what a route has claimed before stays its own until it claims anew', (s) =>
    proveClaimsStay(s, guarded),
  );
  await t.test('where names are required, a namespace without the annotation claims none', (s) =>
    proveRequired(s, guarded),
  );
  await t.test('an older definition replaces a newer one only by leave', (s) => proveNoDowngrade(s, guarded));
  await kubectl(guarded.api, 'delete', 'validatingadmissionpolicybinding', '--all');
  await t.test('a tightened schema refuses new values and spares unchanged ones', (s) => proveRatcheting(s, guarded));
});
