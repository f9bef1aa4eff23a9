/**
 * What the documentation shows is right both ways: each entry of a sluice.yaml is a resource that the API server takes, and means in
 * a file what it meant; each manifest of a resource is taken as it stands.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findSpecProblems } from '@sluice/contract/resources/spec-problems.ts';
import { loadConfig } from '@sluice/proxy/control/load-config.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { parseAllDocuments } from 'yaml';
import { type CrdScene, type Kind, openCrdScene, pluralOf, verdictOf } from './crd-scene.ts';

const skip = await whyNoKubeApi();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const lists = { listeners: 'ProxyListener', routes: 'ProxyRoute', users: 'ProxyUser' } as const;
type List = keyof typeof lists;

interface Entry {
  readonly name: string;
  readonly [key: string]: unknown;
}

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name: string };
  readonly spec?: object;
}

interface Example {
  readonly place: string;
  readonly text: string;
}

/** The YAML of every page, and the files of examples/. */
function findExamples(): readonly Example[] {
  const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md', 'examples/**/*.md'], { cwd: root });
  const blocks = pages.flatMap((page) =>
    Array.from(readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm), ([, text = ''], index) => ({
      place: `${page}, block ${index + 1}`,
      text,
    })),
  );
  const files = globSync('examples/**/*.yaml', { cwd: root });
  return [...blocks, ...files.map((file) => ({ place: file, text: readFileSync(join(root, file), 'utf8') }))];
}

/** A resource knows no variables: their defaults stand in their place, a number where all of a value was a variable. */
function withoutVariables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutVariables(field)]));
  if (typeof value !== 'string') return value;
  const text = value.replaceAll(/\$\{[A-Z_]+:([^}]*)\}/g, '$1');
  return /^\$\{[^}]*\}$/.test(value) && /^[0-9]+$/.test(text) ? Number(text) : text;
}

function documentsOf({ place, text }: Example): readonly unknown[] {
  return parseAllDocuments(text).map((document) => {
    assert.deepEqual(document.errors, [], place);
    return withoutVariables(document.toJS());
  });
}

/** The effective listeners, routes and users of a file. */
async function effectiveOf(path: string, text: string): Promise<unknown> {
  await writeFile(path, text);
  const loaded = await loadConfig(path, {});
  assert.equal(loaded.kind, 'valid', loaded.kind === 'invalid' ? JSON.stringify(loaded.errors) : '');
  const { listeners, routes, users } = loaded.config;
  return { listeners, routes, users };
}

/** The entry as the API server keeps it, its defaults in place. */
async function keptAs(scene: CrdScene, kind: Kind, entry: Entry): Promise<Entry> {
  const { name, ...spec } = entry;
  const query = { dryRun: 'All' };
  const answer = await scene.create(kind, { name: name.toLowerCase().replaceAll('_', '-'), spec, query });
  assert.ok(verdictOf(answer).isAccepted, `${name}: ${verdictOf(answer).causes.join('; ')}`);
  assert.deepEqual(findSpecProblems(kind, answer.body['spec']), [], name);
  return { name, ...(answer.body['spec'] as object) };
}

async function keptEntries(scene: CrdScene, kind: Kind, entries: readonly Entry[]): Promise<readonly Entry[]> {
  return await Promise.all(entries.map(async (entry) => await keptAs(scene, kind, entry)));
}

test('each entry of each sluice.yaml is a resource that the API server takes, and means the same', {
  skip,
}, async (t) => {
  const scene = await openCrdScene(t);
  const path = join(await createTemporaryDirectory(t), 'sluice.yaml');
  const counts: Record<List, number> = { listeners: 0, routes: 0, users: 0 };
  for (const example of findExamples()) {
    for (const document of documentsOf(example)) {
      const config = document as Partial<Record<List, readonly Entry[]>> & { readonly control?: unknown };
      const given = (Object.keys(lists) as List[]).filter((list) => config[list] !== undefined);
      if (given.length === 0) continue;
      // A part of a file may name listeners that it does not show.
      const frame = config.listeners === undefined ? { control: {} } : {};
      const asFile = await effectiveOf(path, JSON.stringify({ ...frame, ...pick(config, given) }));
      const kept: Partial<Record<List, readonly Entry[]>> = {};
      for (const list of given) {
        const entries = await keptEntries(scene, lists[list], config[list] ?? []);
        kept[list] = entries;
        counts[list] += entries.length;
      }
      assert.deepEqual(await effectiveOf(path, JSON.stringify({ ...frame, ...kept })), asFile, example.place);
    }
  }
  assert.ok(counts.listeners > 3 && counts.routes > 12 && counts.users > 2, JSON.stringify(counts));
});

function pick(config: Partial<Record<List, readonly Entry[]>>, given: readonly List[]): object {
  return Object.fromEntries(given.map((list) => [list, config[list]]));
}

/** What a file says to the spec of a resource as an entry of it. */
async function refusalOf(path: string, kind: Kind, entry: Entry): Promise<string> {
  const list = (Object.keys(lists) as List[]).find((each) => lists[each] === kind) ?? kind;
  await writeFile(path, JSON.stringify({ control: {}, [list]: [entry] }));
  const loaded = await loadConfig(path, {});
  return loaded.kind === 'valid' ? '' : loaded.errors.map(({ message, remedy }) => `${message} (${remedy})`).join('; ');
}

/** What is of Kubernetes alone is refused by name, all else is taken. */
function isOfKubernetes(spec: object): boolean {
  return /"(service|secretRef)":/.test(JSON.stringify(spec));
}

test('each manifest of a resource in the documentation is taken as it stands, and its spec by a file', {
  skip,
}, async (t) => {
  const scene = await openCrdScene(t);
  const path = join(await createTemporaryDirectory(t), 'sluice.yaml');
  let count = 0;
  for (const example of findExamples()) {
    for (const document of documentsOf(example)) {
      const resource = resourceOf(document);
      if (resource === null) continue;
      const { kind, name, spec } = resource;
      count += 1;
      const { isAccepted, causes } = await scene.judge(kind, spec, name);
      assert.ok(isAccepted, `${example.place}: ${causes.join('; ')}`);
      assert.deepEqual(findSpecProblems(kind, spec), [], example.place);
      const refusal = await refusalOf(path, kind, { name, ...spec });
      if (isOfKubernetes(spec))
        assert.match(refusal, /(service|secretRef).*only a Proxy(Route|User) in Kubernetes names a/, example.place);
      else assert.equal(refusal, '', example.place);
    }
  }
  t.diagnostic(`${count} manifests`);
  assert.ok(count > 0, 'no manifest of a resource is shown anywhere');
});

/** null: it is something else. */
function resourceOf(document: unknown): { readonly kind: Kind; readonly name: string; readonly spec: object } | null {
  const { apiVersion = '', kind = '', metadata, spec = {} } = (document ?? {}) as Manifest;
  if (!apiVersion.startsWith('sluice.dev/') || !isKind(kind)) return null;
  return { kind, name: metadata?.name ?? '', spec };
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(pluralOf, kind);
}
