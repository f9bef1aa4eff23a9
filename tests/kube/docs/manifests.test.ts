/** Every manifest that a page, an example or the chart shows is taken by the API server to the last field. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import type { CommandResult } from '@sluice/testkit/run-command.ts';
import { crdFolder } from '../crds/crd-scene.ts';
import { type Manifest, parseManifests } from '../chart/manifest.ts';
import { readPageSteps } from './page-steps.ts';

const skip = await whyNoKubeApi();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const pagePatterns = ['*.md', 'docs/**/*.md', 'deploy/**/*.md', 'examples/**/*.md', 'charts/**/*.md'];
const filePatterns = ['examples/**/*.yaml', 'deploy/**/*.yaml'];

interface Shown {
  readonly place: string;
  readonly manifest: Manifest;
}

/** A sluice.yaml, values and the like are no objects. */
function objectsIn(place: string, text: string): readonly Shown[] {
  return parseManifests(text)
    .filter((value) => typeof value.apiVersion === 'string' && typeof value.kind === 'string')
    .map((manifest) => ({ place: `${place}: ${manifest.kind} ${manifest.metadata.name}`, manifest }));
}

/** What stands between the marks of a here-document, in a block for a shell or indented in notes. */
function hereDocuments(text: string): readonly string[] {
  return Array.from(text.matchAll(/<<'(?<mark>[A-Z]+)'\n(?<body>[^]*?)\n *\k<mark>\n/g), ({ groups = {} }) => {
    const lines = (groups['body'] ?? '').split('\n');
    const indent = Math.min(...lines.map((line) => line.search(/\S|$/)));
    return lines.map((line) => line.slice(indent)).join('\n');
  });
}

function findShown(): readonly Shown[] {
  const inPages = globSync(pagePatterns, { cwd: root }).flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const blocks = Array.from(text.matchAll(/^```yaml\n([^]*?)^```$/gm), ([, yaml = '']) => yaml);
    const typed = readPageSteps(text).flatMap(({ script }) => hereDocuments(`${script}\n`));
    return [...blocks, ...typed].flatMap((block) => objectsIn(page, block));
  });
  const inNotes = globSync('charts/*/templates/NOTES.txt', { cwd: root }).flatMap((notes) => {
    const text = readFileSync(join(root, notes), 'utf8').replaceAll(/\{\{[^}]*\}\}/g, 'default');
    return hereDocuments(text).flatMap((block) => objectsIn(notes, block));
  });
  const files = globSync(filePatterns, { cwd: root });
  return [...inPages, ...inNotes, ...files.flatMap((file) => objectsIn(file, readFileSync(join(root, file), 'utf8')))];
}

async function dryRun(api: KubeApi, namespace: string, manifest: Manifest): Promise<CommandResult> {
  // The namespace of an example is the reader's.
  const own = manifest.metadata.namespace === undefined ? {} : { namespace };
  const input = JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, ...own } });
  const args = ['apply', '--dry-run=server', '--validate=strict', '--namespace', namespace, '--filename', '-'];
  return await api.kubectl(args, { input });
}

test('every manifest in pages and examples is taken by the API server to the last field', { skip }, async (t) => {
  const api = await sharedKubeApi();
  await api.installCrds(crdFolder);
  const namespace = await api.createNamespace(t, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  const shown = findShown();
  for (const { place, manifest } of shown) {
    const result = await dryRun(api, namespace, manifest);
    assert.equal(result.code, 0, `${place}: ${result.stderr}`);
    assert.equal(result.stderr.replaceAll(/^Warning: resource .* is missing the .* annotation.*\n/gm, ''), '', place);
  }
  const kinds = new Set(shown.map(({ manifest }) => manifest.kind));
  for (const kind of ['ProxyRoute', 'ProxyListener', 'ProxyUser', 'Deployment', 'CustomResourceDefinition']) {
    assert.ok(kinds.has(kind), `${kind} is among none of ${shown.length} manifests`);
  }
  const pages = new Set(shown.map(({ place }) => place.split(':')[0]));
  for (const page of ['docs/kubernetes.md', 'docs/resources.md', 'charts/umbrella/templates/NOTES.txt']) {
    assert.ok(pages.has(page), `${page} shows no manifest: is it still read?`);
  }
  t.diagnostic(`${shown.length} manifests`);
});

interface QuickstartRoute {
  readonly name: string;
  readonly listeners?: readonly string[];
  readonly match?: object;
  readonly action?: string;
}

/** What takes connections, without where they go: a file has addresses there, and objects have Services. */
function takes({ name, listeners, match, action }: QuickstartRoute): object {
  return { name, listeners, match, action };
}

test('the routes of examples/kubernetes are those of the quickstart, but for the probe that the chart has', () => {
  const [file] = parseManifests(readFileSync(join(root, 'examples/quickstart.yaml'), 'utf8'));
  const routes = (file?.['routes'] ?? []) as readonly QuickstartRoute[];
  const objects = parseManifests(readFileSync(join(root, 'examples/kubernetes/quickstart.yaml'), 'utf8'));
  const ours = objects
    .filter(({ kind }) => kind === 'ProxyRoute')
    .map(({ metadata, spec }) => takes({ name: metadata.name, ...(spec as object) }));
  assert.deepEqual(ours, routes.filter(({ name }) => name !== 'health').map(takes));
});

test('a field that no kind has is noticed', { skip }, async (t) => {
  const api = await sharedKubeApi();
  await api.installCrds(crdFolder);
  const namespace = await api.createNamespace(t);
  const [route] = objectsIn(
    'here',
    'apiVersion: sluice.dev/v1alpha1\nkind: ProxyRoute\nmetadata: { name: a }\nspec: { action: Ban, lsteners: [edge] }\n',
  );
  assert.ok(route);
  const result = await dryRun(api, namespace, route.manifest);
  assert.notEqual(result.code, 0);
  assert.match(result.stderr, /unknown field "spec\.lsteners"/);
});
