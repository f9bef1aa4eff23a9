/** docs/operator.md names every reason that a condition may have, and no condition has another. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/operator.md'), 'utf8');

test('every reason that the operator writes into a condition is on the page of conditions', () => {
  const sources = globSync('apps/operator/src/**/*.ts', { cwd: root }).map((path) =>
    readFileSync(join(root, path), 'utf8'),
  );
  const written = sources.flatMap((text) => [...text.matchAll(/\bcondition\(\s*'(\w+)',\s*\w+,\s*'(\w+)'/g)]);
  assert.ok(written.length > 20, `${written.length} conditions: are they still written so?`);
  const unions = sources.flatMap((text) => [...text.matchAll(/Reason = ((?:'\w+'(?: \| )?)+);/g)]);
  const reasons = [
    ...written.map(([, , reason = '']) => reason),
    ...unions.flatMap(([, names = '']) => [...names.matchAll(/\w+/g)].map(([name]) => name)),
  ];
  const types = new Set(written.map(([, type = '']) => type));
  const missing = [...types, ...reasons].filter((name) => !page.includes(`\`${name}\``));
  assert.deepEqual([...new Set(missing)], []);
});
