import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { expandVariables, maxExpandedLength } from '../../src/config/expand-variables.ts';
import { configOf, errorsOf, routeOf, routeText } from './parse-text.ts';

const env = { HOST: 'web.internal', EMPTY: '', NESTED: '${HOST}', DOLLAR: '$', W: '7', YES: 'true', T: '90s' };

function expanded(text: string): string {
  const expansion = expandVariables(text, env);
  return expansion.kind === 'expanded' ? expansion.text : `! ${expansion.message} (${expansion.remedy})`;
}

test('variables, defaults and literal openings are replaced wherever they stand', () => {
  const expected: Readonly<Record<string, string>> = {
    'tcp://${HOST}:443': 'tcp://web.internal:443',
    '${HOST}${HOST}': 'web.internalweb.internal',
    '${MISSING:default}': 'default',
    '${MISSING:}': '',
    '${MISSING:a:b}': 'a:b',
    '${HOST:default}': 'web.internal',
    '${EMPTY:default}': '',
    '${EMPTY}': '',
    '$${HOST}': '${HOST}',
    '$$${HOST}': '$${HOST}',
    '$HOST $ { $} }': '$HOST $ { $} }',
    '${NESTED}': '${HOST}',
    '${DOLLAR}{HOST}': '${HOST}',
  };
  for (const [text, value] of Object.entries(expected)) assert.equal(expanded(text), value, text);
});

test('what is no reference to a variable is refused', () => {
  for (const text of ['${', '${}', '${HOST', '${1}', '${a-b}', '${ HOST }', '${:x}'])
    assert.match(expanded(text), /^! malformed variable reference/, text);
  assert.equal(expanded('${MISSING}'), '! variable MISSING is not set (set it, or give a default: ${MISSING:value})');
  assert.match(expanded('${A:${HOST}}'), /^! the default of \$\{A\} holds another variable/);
  for (const name of ['__proto__', 'constructor', 'toString']) assert.match(expanded(`\${${name}}`), /is not set/);
});

test('what a value expands to is bounded', () => {
  const long = { LONG: 'x'.repeat(maxExpandedLength / 2) };
  assert.equal(expandVariables('${LONG}${LONG}', long).kind, 'expanded');
  assert.equal(expandVariables('${LONG}${LONG}x${LONG}', long).kind, 'invalid');
});

test('a text without variables is left alone, and a literal can always be written', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', ' ') }), (text) => {
      assert.deepEqual(
        expandVariables(
          text.replaceAll('${', () => '$${'),
          {},
        ),
        { kind: 'expanded', text },
      );
    }),
  );
});

test('values are expanded in every kind of field, keys never', () => {
  const route = routeOf(
    '{ name: "r-${W}", match: { sni: ["${HOST}"] }, halfClose: "${YES}", to: { endpoints: [{ url: "tcp://${HOST}:1", weight: "${W:2}" }] } }',
    env,
  );
  assert.deepEqual([route.name, route.match.sni, route.halfClose], ['r-7', ['web.internal'], true]);
  assert.equal(route.target.kind === 'Endpoints' && route.target.endpoints[0]?.weight, 7);
  const block =
    'listeners:\n  - name: a\n    bind: ["127.0.0.1:${PORT:0}"]\n    timeouts:\n      idle: ${T}\n    limits:\n      connections: ${LIMIT:12}\n';
  const [listener] = configOf(block, env).listeners;
  assert.deepEqual([listener?.timeouts.idleMs, listener?.maxConnections], [90_000, 12]);
  assert.match(errorsOf('"${HOST}": 1\nlisteners: []\n', env).join(), /unknown key "\$\{HOST\}"/);
});

test('text from a variable keeps its characters', () => {
  assert.equal(routeOf('{ name: "${N}", action: Ban }', { N: '0o22' }).name, '0o22');
  assert.equal(routeOf('{ name: "${N}", action: Ban }', { N: 'null' }).name, 'null');
});

test('an error stands at its variable, and the others are found too', () => {
  assert.deepEqual(
    errorsOf(routeText('{ name: "a${HOST}${B}", match: { sni: ["${C}", "${HOST}", "${D}"] }, action: Ban }'), env),
    [
      's.yaml:5:22: routes[0].name: variable B is not set (set it, or give a default: ${B:value})',
      's.yaml:5:45: routes[0].match.sni[0]: variable C is not set (set it, or give a default: ${C:value})',
      's.yaml:5:64: routes[0].match.sni[2]: variable D is not set (set it, or give a default: ${D:value})',
    ],
  );
  assert.deepEqual(errorsOf(routeText('{ name: "${EMPTY}", action: Ban }'), env), [
    's.yaml:5:13: routes[0].name: is empty (write a value)',
  ]);
  assert.deepEqual(errorsOf(routeText('{ name: a, action: Ban, halfClose: "${W}" }'), env), [
    's.yaml:5:40: routes[0].halfClose: expected true or false, found the number 7 (write true or false)',
  ]);
});
