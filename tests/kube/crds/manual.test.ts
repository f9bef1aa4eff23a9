/** What a person meets at the command line: kubectl explain, columns, defaults, field selectors, short names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceDefinitions } from '@sluice/contract/crd/resource-definitions.ts';
import { apiVersion } from '@sluice/contract/resources/api-group.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type CrdScene, type Kind, openCrdScene, pluralOf } from './crd-scene.ts';

const skip = await whyNoKubeApi();

interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function fieldsOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const inner = schema.items ?? schema;
  const fields = Object.entries(inner.properties ?? {}).flatMap(([key, field]) => fieldsOf(field, `${path}.${key}`));
  return [[path, schema], ...fields];
}

async function kubectl(scene: CrdScene, ...args: readonly string[]): Promise<string> {
  const result = await scene.api.kubectl([...args, '--namespace', scene.namespace]);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

/** The documents that explain reads come a moment after the kinds are served. */
async function explain(scene: CrdScene, ...args: readonly string[]): Promise<string> {
  return await eventually(() => kubectl(scene, 'explain', ...args));
}

/** Lines without the runs of spaces that align columns. */
function tableOf(output: string): readonly (readonly string[])[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

test('kubectl explain has a sentence for every field of spec and status', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  let count = 0;
  for (const { spec, metadata } of resourceDefinitions()) {
    const root = spec.versions[0]?.schema.openAPIV3Schema as unknown as Schema;
    const [plural = ''] = metadata.name.split('.');
    const output = await explain(scene, plural, '--recursive', `--api-version=${apiVersion}`);
    assert.match(output, /DESCRIPTION:\n {4}\S/);
    for (const [path, schema] of fieldsOf(root, plural)) {
      if (path.endsWith('.metadata')) continue;
      count += 1;
      const [key = ''] = path.split('.').slice(-1);
      // The recursive form names every field that the server knows; explain of a single one is a process each.
      if (path !== plural) assert.match(output, new RegExp(`^ +${key}\t<`, 'm'), path);
      assert.match(schema.description ?? '', /\S\.$|#[a-z-]+$/, path);
      if (schema.items !== undefined) assert.match(schema.items.description ?? '', /\S\.$/, path);
    }
  }
  assert.ok(count > 120, `${count} fields`);
});

test('kubectl explain says what a field is, within which bounds and with which default', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  const said = async (path: string): Promise<string> => (await explain(scene, path)).replaceAll(/\s+/g, ' ');
  assert.match(
    await said('plistener.spec.timeouts.connect'),
    /FIELD: connect <string> DESCRIPTION: Deadline of each attempt to connect to an endpoint\. A duration of 1ms to 576h, such as 500ms, 3s or 1h30m\. Default: 5s\./,
  );
  assert.match(await said('proute.spec.to.endpoints.weight'), /From 0 to 1000\. Default: 1\./);
  assert.match(await said('puser.spec.password.secretRef'), /A Secret that holds the password, which is hashed/);
  assert.match(await said('proute.status.programmed'), /of m live proxies, n have acknowledged/);
});

test('the document that kubectl explain reads has each sentence', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  for (const { spec, metadata } of resourceDefinitions()) {
    const [plural = ''] = metadata.name.split('.');
    const root = spec.versions[0]?.schema.openAPIV3Schema as unknown as Schema;
    // The server's own document, as kubectl explain reads it: what a sentence here is missing, it would not print.
    const document = await eventually(() => scene.api.client.call(`/openapi/v3/apis/${apiVersion}`));
    const schemas = (document['components'] as { readonly schemas: Readonly<Record<string, Schema>> }).schemas;
    const served = Object.entries(schemas).find(([name]) =>
      name.toLowerCase().endsWith(`.${plural.slice(0, -1)}`),
    )?.[1];
    assert.ok(served !== undefined, Object.keys(schemas).join(' '));
    const described = new Map(fieldsOf(served, plural));
    for (const [path] of fieldsOf(root, plural)) {
      if (path.endsWith('.metadata')) continue;
      assert.ok((described.get(path)?.description ?? '').length > 8, path);
    }
  }
});

test('defaults are in the object that the API server keeps', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  const specs: Readonly<Record<Kind, object>> = {
    ProxyRoute: { to: { endpoints: [{ url: 'tcp://10.0.0.1:443' }] } },
    ProxyUser: { password: { secretRef: { name: 'alice' } } },
    ProxyListener: { bind: ['0.0.0.0:443'] },
  };
  const kept: Record<string, unknown> = {};
  for (const [kind, spec] of Object.entries(specs) as [Kind, object][]) {
    const { status, body } = await scene.create(kind, { name: 'defaults', spec });
    assert.equal(status, 201, JSON.stringify(body));
    kept[kind] = body['spec'];
  }
  assert.deepEqual(kept, {
    ProxyRoute: {
      match: {},
      to: { endpoints: [{ url: 'tcp://10.0.0.1:443', weight: 1, tcpFastOpen: false }], balance: 'RoundRobin' },
      halfClose: true,
    },
    ProxyUser: { password: { secretRef: { name: 'alice', key: 'password' } }, onRevoke: 'Keep' },
    ProxyListener: {
      bind: ['0.0.0.0:443'],
      transport: 'TCP',
      detect: { timeout: '3s', protocols: ['TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5'] },
      noRoute: 'Close',
      timeouts: { connect: '5s', connectTotal: '15s', idle: '1h', halfClosed: '30s', drain: '30s' },
      proxyProtocol: { trust: [] },
      limits: { connections: 100_000 },
    },
  });
});

const condition = (type: string, status: string, reason: string): object => ({
  ...{ type, status, reason, message: 'As said.' },
  ...{ observedGeneration: 1, lastTransitionTime: '2027-01-31T12:00:00Z' },
});

async function writeStatus(scene: CrdScene, kind: Kind, status: object): Promise<void> {
  const conditions = [condition('Accepted', 'True', 'Accepted'), condition('Ready', 'False', 'Rejected')];
  await scene.api.client.call(`${scene.pathOf(kind, 'a')}/status`, {
    method: 'PATCH',
    query: { fieldManager: 'sluice-operator/status', force: 'true', fieldValidation: 'Strict' },
    contentType: 'application/apply-patch+yaml',
    body: {
      apiVersion,
      kind,
      metadata: { name: 'a' },
      status: { observedGeneration: 1, conditions, programmed: '2/3', ...status },
    },
  });
}

test('kubectl get shows listeners, upstream, conditions and how many proxies have it', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  await scene.create('ProxyRoute', { name: 'a', spec: { action: 'Ban' } });
  await scene.create('ProxyUser', { name: 'a', spec: { credentials: [] } });
  await scene.create('ProxyListener', { name: 'a', spec: { bind: ['[::]:443'] } });
  await writeStatus(scene, 'ProxyRoute', { listeners: '*', upstream: 'Ban' });
  await writeStatus(scene, 'ProxyUser', { login: 'None', destinations: 'Public' });
  await writeStatus(scene, 'ProxyListener', { addresses: '[::]:443', routes: 4 });
  const get = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> =>
    tableOf(await kubectl(scene, 'get', ...args));
  const age = /^\d+s$/;
  const expected: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['proute', ['NAME', 'LISTENERS', 'UPSTREAM', 'ACCEPTED', 'PROGRAMMED', 'AGE'], ['a', '*', 'Ban', 'True', '2/3']],
    [
      'puser',
      ['NAME', 'LOGIN', 'DESTINATIONS', 'DRIFTED', 'ACCEPTED', 'PROGRAMMED', 'AGE'],
      ['a', 'None', 'Public', '', 'True', '2/3'],
    ],
    [
      'plistener',
      ['NAME', 'ADDRESSES', 'ROUTES', 'ACCEPTED', 'PROGRAMMED', 'AGE'],
      ['a', '[::]:443', '4', 'True', '2/3'],
    ],
  ];
  for (const [shortName, head, row] of expected) {
    const [header = [], first = []] = await get(shortName);
    assert.deepEqual(header, head);
    assert.deepEqual(
      first.slice(0, -1),
      row.filter((cell) => cell !== ''),
    );
    assert.match(first.at(-1) ?? '', age);
    const [wideHeader = [], wide = []] = await get(shortName, '--output=wide');
    assert.deepEqual([wideHeader.at(-1), wide.at(-1)], ['REASON', 'Rejected']);
  }
  const all = await kubectl(scene, 'get', 'sluice', '--output=name');
  assert.deepEqual(
    all.trim().split('\n').toSorted(),
    Object.values(pluralOf)
      .map((plural) => `${plural.slice(0, -1)}.sluice.dev/a`)
      .toSorted(),
  );
});

test('field selectors find objects by what they are for, and are refused for other fields', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  await scene.create('ProxyRoute', { name: 'ban', spec: { action: 'Ban' } });
  await scene.create('ProxyRoute', { name: 'ssh', spec: { match: { protocol: 'SSH' }, action: 'Echo' } });
  await scene.create('ProxyRoute', { name: 'web', spec: { to: { endpoints: [], balance: 'Random' } } });
  await scene.create('ProxyUser', { name: 'cut', spec: { credentials: [], onRevoke: 'Disconnect' } });
  await scene.create('ProxyListener', { name: 'reset', spec: { bind: ['0.0.0.0:1'], noRoute: 'Reset' } });
  const select = async (plural: string, selector: string): Promise<string> =>
    (await kubectl(scene, 'get', plural, `--field-selector=${selector}`, '--output=name')).trim();
  assert.equal(await select('proxyroutes', 'spec.action=Ban'), 'proxyroute.sluice.dev/ban');
  assert.equal(await select('proxyroutes', 'spec.match.protocol=SSH'), 'proxyroute.sluice.dev/ssh');
  assert.equal(await select('proxyroutes', 'spec.to.balance=Random'), 'proxyroute.sluice.dev/web');
  assert.equal(await select('proxyusers', 'spec.onRevoke=Disconnect'), 'proxyuser.sluice.dev/cut');
  assert.equal(await select('proxylisteners', 'spec.noRoute!=Close'), 'proxylistener.sluice.dev/reset');
  assert.equal(await select('proxylisteners', 'spec.transport=TCP'), 'proxylistener.sluice.dev/reset');
  const args = ['get', 'proxyroutes', '--field-selector=spec.halfClose=true', '--namespace', scene.namespace];
  assert.match((await scene.api.kubectl(args)).stderr, /field label not supported/);
});

test('a status is written through its own door only, and only as it is defined', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  await scene.create('ProxyRoute', { name: 'a', spec: { action: 'Ban' } });
  await writeStatus(scene, 'ProxyRoute', { endpoints: 0, publishedAs: `${scene.namespace}.a`, publishedGeneration: 7 });
  const before = await scene.api.client.call(scene.pathOf('ProxyRoute', 'a'));
  assert.equal(before.metadata.generation, 1);
  const body = { status: { programmed: '9/9' }, spec: { action: 'Echo' } };
  const contentType = 'application/merge-patch+json';
  const after = await scene.api.client.call(scene.pathOf('ProxyRoute', 'a'), { method: 'PATCH', contentType, body });
  assert.deepEqual(after['status'], before['status']);
  assert.equal(after.metadata.generation, 2);
  await assert.rejects(writeStatus(scene, 'ProxyRoute', { colour: 'red' }), /field not declared in schema|colour/);
  await assert.rejects(writeStatus(scene, 'ProxyRoute', { conditions: [{ type: 'Ready' }] }), /Required value/);
});
