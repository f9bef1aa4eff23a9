import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const hack = join(import.meta.dirname, '../..');

function scriptsOf(folder: string): readonly string[] {
  return readdirSync(join(hack, folder)).filter((name) => name.endsWith('.sh'));
}

test('make fix repairs what make verify finds, and touches nothing else', () => {
  const checks = new Set(scriptsOf('verify'));
  const fixers = scriptsOf('update');
  assert.ok(fixers.includes('all.sh') && fixers.length > 1);
  assert.deepEqual(
    fixers.filter((name) => !checks.has(name)),
    [],
  );
});
