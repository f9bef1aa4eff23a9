/** hack/verify/charts.sh on the charts of the repository: what it passes, and each thing that it must not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCheckOn } from '../planted-tree.ts';

const root = join(import.meta.dirname, '../../..');
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'charts'], {
  cwd: root,
  encoding: 'utf8',
});
const wanted = /(?:values\.yaml|values\.schema\.json|umbrella\/README\.md|dashboards\/.*\.json)$/;
const clean = Object.fromEntries(
  listed
    .split('\n')
    .filter((path) => wanted.test(path))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

test('passes the charts as they are', (t) => {
  const { exitCode, output } = runCheckOn(t, 'charts', clean);
  assert.equal(exitCode, 0, output);
});

for (const [what, path, change, says] of [
  [
    'a value without a description',
    'charts/proxy/values.yaml',
    (text: string) => `${text}\nbare: 1\n`,
    /without a description: bare/,
  ],
  [
    'a new value',
    'charts/nats/values.yaml',
    (text: string) => `${text}\n# -- New.\nnew: x\n`,
    /charts\/nats\/values\.schema\.json: not what/,
  ],
  [
    'an edited schema',
    'charts/operator/values.schema.json',
    (text: string) => `${text} `,
    /charts\/operator\/values\.schema\.json: not what/,
  ],
  [
    'an edited dashboard',
    'charts/monitoring/files/dashboards/overview.json',
    () => '{}\n',
    /dashboards\/overview\.json: not what/,
  ],
  [
    'an edited reference',
    'charts/umbrella/README.md',
    (text: string) => text.replace('| bool |', '| flag |'),
    /charts\/umbrella\/README\.md: not what/,
  ],
] as const) {
  test(`names ${what}`, (t) => {
    const before = clean[path];
    assert.ok(before !== undefined, path);
    const { exitCode, output } = runCheckOn(t, 'charts', { ...clean, [path]: change(before) });
    assert.notEqual(exitCode, 0);
    assert.match(output, says);
  });
}

test('fails when there is nothing to read', (t) => {
  assert.notEqual(runCheckOn(t, 'charts', {}).exitCode, 0);
});
