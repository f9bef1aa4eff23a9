/** Every rule in CEL lets in what it should and refuses what it should, by its own message and at the right field. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { resourceDefinitions } from '@sluice/contract/crd/resource-definitions.ts';
import { findSpecProblems } from '@sluice/contract/resources/spec-problems.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { parse } from 'yaml';
import { type Kind, openCrdScene } from './crd-scene.ts';

interface Fixture {
  /** The message of the rule. */
  readonly says: string;
  /** Where the API server sees the fault; absent: at the object. */
  readonly field?: string;
  /** Length of metadata.name. */
  readonly nameLength?: number;
  readonly accept: readonly object[];
  readonly refuse: readonly object[];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

const skip = await whyNoKubeApi();
const files = { ProxyRoute: 'routes', ProxyUser: 'users', ProxyListener: 'listeners' } as const;

function fixturesOf(kind: Kind): readonly Fixture[] {
  const text = readFileSync(new URL(`fixtures/${files[kind]}.yaml`, import.meta.url), 'utf8');
  return parse(text) as readonly Fixture[];
}

function messagesIn(schema: Schema): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...own, ...inner.flatMap(messagesIn)];
}

for (const [kind] of Object.entries(files) as [Kind, string][]) {
  test(`each rule of ${kind} has a fixture that it lets in and one that it refuses`, () => {
    const definition = resourceDefinitions().find(({ metadata }) => metadata.name.startsWith(kind.toLowerCase()));
    const rules = messagesIn(definition?.spec.versions[0]?.schema.openAPIV3Schema as unknown as Schema);
    const fixtures = fixturesOf(kind);
    assert.deepEqual([...new Set(rules)].toSorted(), fixtures.map(({ says }) => says).toSorted());
    for (const { says, refuse, accept, nameLength } of fixtures)
      assert.ok(refuse.length > 0 && (accept.length > 0 || nameLength !== undefined), says);
  });

  test(`the API server judges each fixture of ${kind} as it says, with message and field`, { skip }, async (t) => {
    const scene = await openCrdScene(t);
    for (const { says, field, nameLength, accept, refuse } of fixturesOf(kind)) {
      const name = nameLength === undefined ? 'a' : 'a'.repeat(nameLength);
      const accepted = nameLength === undefined ? accept : refuse;
      for (const spec of accepted) {
        const { isAccepted, causes } = await scene.judge(kind, spec, name.slice(0, 189));
        assert.ok(isAccepted, `${says}: ${JSON.stringify(spec)}: ${causes.join('; ')}`);
        assert.deepEqual(findSpecProblems(kind, spec), [], JSON.stringify(spec));
      }
      for (const spec of refuse) {
        const { isAccepted, causes } = await scene.judge(kind, spec, name);
        const text = `${JSON.stringify(spec)}: ${causes.join('; ')}`;
        assert.ok(!isAccepted, text);
        const mine = causes.filter((cause) => cause.includes(says));
        assert.equal(mine.length, 1, text);
        if (field !== undefined) assert.ok(mine[0]?.startsWith(`${field}: `), text);
        if (nameLength === undefined) assert.notDeepEqual(findSpecProblems(kind, spec), [], text);
        assert.ok(!causes.some((cause) => cause.includes('evaluation error')), text);
      }
    }
  });
}
