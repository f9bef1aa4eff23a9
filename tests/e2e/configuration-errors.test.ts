/**
 * Errors of configuration on stderr, one a line: `file:line:column: message (remedy)`, exit code 2, no stack trace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { type ConfiguredResult, runSluiceOn } from '@sluice/testkit/run-sluice.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';

interface ErrorLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const shape = /^(?<file>[^:]+):(?<line>\d+):(?<column>\d+): (?<message>.+ \(.+\))$/u;

function errorsOf(result: ConfiguredResult): ErrorLine[] {
  assert.equal(result.code, 2, `${result.stdout}${result.stderr}`);
  assert.doesNotMatch(result.stderr, /^\s+at |node:internal/mu);
  return result.stderr
    .trimEnd()
    .split('\n')
    .map((text) => {
      const groups = shape.exec(text)?.groups;
      assert.ok(groups, `not file:line:column: message (remedy): ${text}`);
      const { file = '', line, column, message = '' } = groups;
      assert.equal(file, result.configPath);
      return { file, line: Number(line), column: Number(column), message };
    });
}

async function check(scope: CleanupScope, config: string | Buffer): Promise<ErrorLine[]> {
  return errorsOf(await runSluiceOn(scope, 'check', config));
}

const ban = 'name: rest, match: {}, action: Ban';

test('an unknown key is named with the nearest known one, at its place', async (t) => {
  const config = `listeners:\n  - name: edge\n    bind: ["127.0.0.1:0"]\n    noRuote: Close\nroutes:\n  - { ${ban} }\n`;
  const [error, ...rest] = await check(t, config);
  assert.deepEqual(rest, []);
  assert.deepEqual([error?.line, error?.column], [4, 5]);
  assert.match(error?.message ?? '', /noRuote/u);
  assert.match(error?.message ?? '', /noRoute/u);
});

test('run reports the same errors as check', async (t) => {
  const config = buildConfig({ routes: [`${ban}, colour: red`] });
  const [ran, checked] = [await runSluiceOn(t, 'run', config), await runSluiceOn(t, 'check', config)];
  const messages = (result: ConfiguredResult): string[] => errorsOf(result).map((error) => error.message);
  assert.deepEqual(messages(ran), messages(checked));
});

test('all errors of a file are reported in one run', async (t) => {
  const errors = await check(
    t,
    buildConfig({
      listener: 'noRoute: Drop, detect: { timeout: 3 parsecs }',
      routes: ['name: a, match: { protocol: GOPHER }, action: Ban', 'name: b, match: {}, action: Explode'],
    }),
  );
  const text = errors.map((error) => error.message).join('\n');
  for (const word of ['Drop', '3 parsecs', 'GOPHER', 'Explode']) assert.match(text, new RegExp(word, 'u'));
});

test('a file with more than a hundred errors reports a hundred', async (t) => {
  const routes = Array.from({ length: 150 }, (_unused, index) => `name: r${index}, match: {}, action: Explode`);
  const result = await runSluiceOn(t, 'check', buildConfig({ routes }));
  const lines = result.stderr
    .trimEnd()
    .split('\n')
    .filter((line) => shape.test(line));
  assert.equal(lines.length, 100);
});

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['a syntax error', 'listeners: [\n', /./u],
  [
    'an undefined variable',
    buildConfig({ routes: ['name: a, match: {}, action: "${SLUICE_TEST_MISSING}"'] }),
    /SLUICE_TEST_MISSING/u,
  ],
  ['a duplicate key', `listeners: []\nlisteners: []\n`, /listeners/u],
  ['an unknown tag', buildConfig({ routes: ['name: !secret a, match: {}, action: Ban'] }), /!secret/u],
  [
    'to beside action',
    buildConfig({ routes: [`${ban}, to: { endpoints: [{ url: "tcp://127.0.0.1:1" }] }`] }),
    /action|to\b/u,
  ],
  ['neither to nor action', buildConfig({ routes: ['name: a, match: {}'] }), /action|to\b/u],
  ['a route to an unknown listener', buildConfig({ routes: [`${ban}, listeners: [egde]`] }), /egde/u],
  ['two routes of one name', buildConfig({ routes: [ban, ban] }), /rest/u],
  [
    'two listeners on one port',
    'listeners:\n  - { name: a, bind: ["127.0.0.1:4443"] }\n  - { name: b, bind: ["127.0.0.1:4443"] }\n',
    /4443/u,
  ],
  ['UDP, which a later version supports', buildConfig({ routes: [ban], listener: 'transport: UDP' }), /UDP/u],
  ['a port beyond 65535', buildConfig({ routes: [ban], bind: '127.0.0.1:99999' }), /99999/u],
  ['a bind without a port', buildConfig({ routes: [ban], bind: '127.0.0.1' }), /127\.0\.0\.1/u],
  [
    'an endpoint without a port',
    buildConfig({ routes: ['name: a, match: {}, to: { endpoints: [{ url: "tcp://10.0.0.1" }] }'] }),
    /10\.0\.0\.1/u,
  ],
  [
    'an endpoint of an unknown scheme',
    buildConfig({ routes: ['name: a, match: {}, to: { endpoints: [{ url: "gopher://a:1" }] }'] }),
    /gopher/u,
  ],
  ['a duration without a unit', buildConfig({ routes: [ban], listener: 'detect: { timeout: 3 }' }), /3/u],
  ['no limit where none is allowed', buildConfig({ routes: [ban], listener: 'detect: { timeout: 0s }' }), /0s/u],
  [
    'a source that is no CIDR',
    buildConfig({ routes: ['name: a, match: { sources: [10.0.0.0/33] }, action: Ban'] }),
    /10\.0\.0\.0\/33/u,
  ],
  [
    'a wildcard inside a name',
    buildConfig({ routes: ['name: a, match: { sni: ["w*.example.com"] }, action: Ban'] }),
    /w\*\.example\.com/u,
  ],
  ['a password in clear', buildConfig({ routes: [ban], users: ['name: a, password: secret'] }), /password/u],
];

for (const [what, config, names] of refused) {
  test(`refused with its place and a remedy: ${what}`, async (t) => {
    const errors = await check(t, config);
    assert.match(errors.map((error) => error.message).join('\n'), names);
  });
}

test('refused whole: too deep, too many aliases, too large', async (t) => {
  const deep = `routes: ${'['.repeat(40)}${']'.repeat(40)}\n`;
  const aliases = `x: &x a\ny: [${Array.from({ length: 120 }, () => '*x').join(', ')}]\n`;
  const large = Buffer.alloc(65 * 1024 * 1024, '# padding\n');
  for (const config of [deep, aliases, large]) {
    const result = await runSluiceOn(t, 'check', config);
    assert.equal(result.code, 2);
    assert.doesNotMatch(result.stderr, /^\s+at /mu);
  }
});

test('a value keeps the characters written, and variables are expanded', async (t) => {
  const routes = [
    'name: "${SLUICE_TEST_NAME}", match: {}, action: Ban',
    'name: "${SLUICE_TEST_OTHER:fallback}", match: { alpn: [1.0, 0o22, no] }, action: Ban',
  ];
  const result = await runSluiceOn(t, 'check', buildConfig({ routes }), { env: { SLUICE_TEST_NAME: 'from-env' } });
  assert.equal(result.code, 0, result.stderr);
  for (const text of ['from-env', 'fallback', '1.0', '0o22', 'no']) assert.ok(result.stdout.includes(text), text);
});
