import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describeSchema } from '../src/describe-schema.ts';
import { sluiceConfigSchema } from '../src/sluice-config.ts';
import { type SchemaWords, schemasIn } from './schema-walk.ts';

const page = new URL('../../../docs/configuration.md', import.meta.url);
const begin = '<!-- generated from packages/contract: begin -->\n\n';
const end = '\n<!-- generated from packages/contract: end -->';

test('docs/configuration.md holds the reference that the schemas give', async () => {
  const text = await readFile(page, 'utf8');
  const found = text.slice(text.indexOf(begin) + begin.length, text.indexOf(end));
  assert.equal(
    found,
    describeSchema(sluiceConfigSchema),
    'the reference is stale: put the output of describeSchema between the markers',
  );
});

test('the reference has a row for every key', () => {
  const described = describeSchema(sluiceConfigSchema);
  const keys = schemasIn(sluiceConfigSchema as unknown as SchemaWords).flatMap(([, schema]) =>
    Object.keys(schema.properties ?? {}),
  );
  assert.ok(keys.length > 50);
  for (const key of keys) assert.ok(described.includes(`| \`${key}\` |`), key);
  assert.ok(!described.includes('undefined'), 'a bound is missing');
});
