import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxConfigBytes } from '../../src/config/read-yaml.ts';
import { configOf, errorsOf, routeText, withListener } from './parse-text.ts';

test('unknown tags are refused, those of the core schema are not', () => {
  assert.deepEqual(errorsOf(routeText('{ name: !secret a, action: !!binary Ban }')), [
    's.yaml:5:13: unknown YAML tag "!secret" (remove the tag)',
    's.yaml:5:32: unknown YAML tag "!!binary" (remove the tag)',
  ]);
  assert.match(errorsOf(`${withListener('')}log: !!set {}\n`).join(), /^s\.yaml:4:6: unknown YAML tag "!!set"/);
  assert.match(errorsOf('%TAG !e! tag:example.com,2026:\n---\nlisteners: !e!x []\n').join(), /unknown YAML tag "!e!x"/);
  assert.equal(
    configOf(routeText('{ name: !!str 12, halfClose: !!bool "false", action: !!str Ban }')).routes[0]?.halfClose,
    false,
  );
});

test('duplicate keys are refused at the second, in every style', () => {
  assert.deepEqual(errorsOf('listeners: []\nlisteners: []\n'), [
    's.yaml:2:1: duplicate key "listeners", first given in line 1 (keep one of the two)',
  ]);
  assert.deepEqual(errorsOf(routeText('{ name: a, "name": b, action: Ban }')), [
    's.yaml:5:16: routes[0]: duplicate key "name", first given in line 5 (keep one of the two)',
  ]);
});

test('a hundred aliases are read and one more is refused', () => {
  const rules = (count: number): string =>
    routeText(`{ name: a, match: { sources: [&n 10.0.0.0/8${', *n'.repeat(count)}] }, action: Ban }`);
  assert.deepEqual(errorsOf(rules(100)), []);
  assert.match(errorsOf(rules(101)).join(), /^s\.yaml:5:\d+: more than 100 aliases \(write the values out\)$/);
});

test('an alias without its anchor, or inside it, is refused', () => {
  assert.deepEqual(
    errorsOf('listeners: *nowhere\n')[0],
    's.yaml:1:12: alias *nowhere has no anchor before it (mark the value it stands for with &nowhere)',
  );
  assert.match(errorsOf('listeners: &l [*l]\n').join(), /alias \*l has no anchor before it/);
});

test('an alias bomb costs no more than its text', () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array.from({ length: 10 }, () => `*l${level}`).join(', ')}]\n`,
  );
  const bomb = `l0: &l0 [a]\n${levels.join('')}listeners: *l9\nroutes: *l9\nusers: *l9\n`;
  const before = process.cpuUsage();
  assert.ok(errorsOf(bomb).length > 10);
  const spent = process.cpuUsage(before);
  assert.ok(spent.user + spent.system < 1_000_000, `${spent.user + spent.system} µs`);
});

test('32 levels are read and one more is refused, in flow and in block style', () => {
  const flow = (depth: number): string => `x: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}\n`;
  const block = (depth: number): string =>
    Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}x:\n`).join('');
  const pairs = (depth: number): string => `x: ${'[a: '.repeat((depth - 1) / 2)}${']'.repeat((depth - 1) / 2)}\n`;
  for (const text of [flow(32), block(32), pairs(31)]) assert.doesNotMatch(errorsOf(text).join(), /levels deep/);
  for (const text of [flow(33), block(33), pairs(33)])
    assert.match(errorsOf(text).join('\n'), /nested more than 32 levels deep/);
});

test('hundreds of thousands of levels are refused as cheaply as one too many', () => {
  for (const text of ['['.repeat(300_000), '{a: '.repeat(300_000), '- '.repeat(300_000), '? '.repeat(100_000)]) {
    const before = process.cpuUsage();
    assert.match(errorsOf(text).join(), /nested more than 32 levels deep/);
    const spent = process.cpuUsage(before);
    assert.ok(spent.user + spent.system < 2_000_000, `${spent.user + spent.system} µs`);
  }
});

test('more than 64 MiB are refused, counted in bytes', () => {
  const refused = ['s.yaml:1:1: the file is larger than 64 MiB (split the installation)'];
  assert.deepEqual(errorsOf('#'.repeat(maxConfigBytes + 1)), refused);
  assert.deepEqual(errorsOf(`#${'é'.repeat(maxConfigBytes / 2)}`), refused);
  assert.deepEqual(errorsOf('#'.repeat(maxConfigBytes)), [
    's.yaml:1:1: the file is empty (write at least listeners: with one listener)',
  ]);
});

test('a large file that is not plain YAML is refused where it stops being plain', () => {
  const routes = Array.from(
    { length: 100_000 },
    (_, index) => `  - { name: r${index}, match: { sni: [n${index}.test] }, action: Ban }\n`,
  ).join('');
  const text = withListener(`routes:\n${routes}log: { level: !!str Info }\n`);
  assert.deepEqual(errorsOf(text), [
    's.yaml:100005:15: a file of this size must be plain YAML, and from here on it is not (correct the syntax here, or do without anchors, aliases, tags and text over several lines)',
  ]);
});

test('a long tail of stray tokens costs no more than a short one', () => {
  const before = process.cpuUsage();
  assert.equal(errorsOf('[]\n'.repeat(500_000)).length, 1);
  const spent = process.cpuUsage(before);
  assert.ok(spent.user + spent.system < 2_000_000, `${spent.user + spent.system} µs`);
});

test('one document is read: none, an empty one and a second are errors', () => {
  const empty = ['s.yaml:1:1: the file is empty (write at least listeners: with one listener)'];
  for (const text of [
    '',
    '\n\n',
    '# nothing\n',
    '---\n',
    '--- # nothing\n...\n',
    '\ufeff',
    '# nothing\n'.repeat(2_000_000),
  ])
    assert.deepEqual(errorsOf(text), empty, JSON.stringify(text));
  assert.match(
    errorsOf('listeners: []\n---\nlisteners: []\n').join(),
    /^s\.yaml:[23]:1: a second YAML document \(keep one document in the file\)$/,
  );
  assert.deepEqual(errorsOf('---\nlisteners: []\n...\n'), []);
});

test('YAML of another version and merge keys are refused, not half understood', () => {
  assert.match(
    errorsOf('%YAML 1.1\n---\nlisteners: []\n').join(),
    /^s\.yaml:1:1: YAML 1\.1 \(write YAML 1\.2, without a directive\)$/,
  );
  assert.match(errorsOf(withListener('<<: {}\n')).join(), /^s\.yaml:4:1: merge keys \(<<\) are not part of YAML 1\.2/);
});

test('a syntax error is said once and where it is', () => {
  assert.deepEqual(errorsOf('listeners:\n  - name: a\n   bind: []\nroutes: []\n').length, 1);
  assert.match(errorsOf('listeners:\n\t- name: a\n').join(), /^s\.yaml:2:1: invalid YAML: .* \(indent with spaces\)$/);
  assert.match(
    errorsOf(routeText('{ name: ${X}, action: Ban }'))[0] ?? '',
    /^s\.yaml:5:13: invalid YAML: \$\{…\} without quotes .* \(quote the value: "\$\{VAR\}"\)$/,
  );
  assert.match(errorsOf('listeners: [\n').join(), /^s\.yaml:\d+:\d+: invalid YAML: .+ \(.+\)$/);
});
