/** What the three Dockerfiles must have in common; what they build is tested in tests/e2e/images. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const names = ['proxy', 'state', 'operator'] as const;
const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** By their name; the last one, which has none, is the image. */
function stagesOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^(?=FROM )/m).map((part) => part.replaceAll(/^#.*\n/gm, '').trim());
  return new Map(parts.map((part) => [/^FROM \S+ AS (\S+)/.exec(part)?.[1] ?? part.slice(0, 4).trim(), part]));
}

test('the stages that the Dockerfiles share are the same text, so that they are built once', () => {
  const [first, ...others] = names.map((name) => stagesOf(read(`Dockerfile.${name}`)));
  assert.ok(first !== undefined);
  for (const stage of ['ARG', 'manifests', 'node', 'production']) {
    assert.ok(first.has(stage), `no stage ${stage} in ${[...first.keys()].join(', ')}`);
    for (const other of others) assert.equal(other.get(stage), first.get(stage), stage);
  }
});

test('the Node of the images is the one that everything is tested with', () => {
  const { version } = (JSON.parse(read('package-lock.json')) as Lock).packages['node_modules/node'] ?? {};
  assert.ok(version !== undefined);
  for (const name of names) {
    assert.match(read(`Dockerfile.${name}`), new RegExp(`^ARG BUILD_BASE=\\S+/node:${RegExp.escape(version)}-`, 'm'));
  }
});

test('the version of the images is the one of the workspaces', () => {
  const { version } = JSON.parse(read('apps/proxy/package.json')) as { readonly version: string };
  for (const name of names) assert.ok(read(`Dockerfile.${name}`).includes(`\nARG VERSION=${version}\n`), name);
});
