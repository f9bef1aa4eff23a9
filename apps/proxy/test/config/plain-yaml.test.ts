import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readLibraryYaml } from '../../src/config/library-yaml.ts';
import { readPlainYaml } from '../../src/config/plain-yaml.ts';
import type { YamlNode } from '../../src/config/yaml-node.ts';
import { yamlText } from './yaml-text.ts';

/** Where a value is missing, the two put it before or after the spaces: no reader of the tree can tell. */
function withoutOffsetsOfNothing(node: YamlNode | null): unknown {
  if (node === null) return null;
  if (node.kind === 'Scalar') return node.text === '' && node.isPlain ? { ...node, offset: -1 } : node;
  if (node.kind === 'List') return { ...node, items: node.items.map(withoutOffsetsOfNothing) };
  return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: withoutOffsetsOfNothing(entry.value) })) };
}

function assertSameTree(text: string): 'tree' | 'unsure' {
  const plain = readPlainYaml(text);
  if (plain.kind === 'unsure') {
    assert.ok(plain.offset >= 0 && plain.offset <= text.length);
    return 'unsure';
  }
  const library = readLibraryYaml(text);
  assert.ok(library.kind === 'tree', 'the package refuses what the fast reader accepted');
  assert.deepEqual(library.problems, []);
  assert.deepEqual(withoutOffsetsOfNothing(library.root), withoutOffsetsOfNothing(plain.root));
  return 'tree';
}

test('the fast reader gives the tree of the yaml package for every text it accepts', () => {
  const counts = { tree: 0, unsure: 0 };
  fc.assert(
    fc.property(yamlText, (text) => {
      counts[assertSameTree(text)] += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(counts.tree > 2000, `accepted too few texts to mean anything: ${counts.tree}`);
});
