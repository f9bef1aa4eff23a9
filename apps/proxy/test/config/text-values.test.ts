import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { resolveCoreScalar } from '../../src/config/core-scalar.ts';
import { configOf, errorsOf, routeOf, routeText } from './parse-text.ts';

const written = [
  '0o22',
  '1.0',
  'no',
  '0777',
  '12e3',
  'true',
  'False',
  '0x1F',
  '1_000',
  '2026-01-01',
  '1e-9',
  '.5x',
  '9007199254740993',
  '1.50',
];

test('a number or boolean where text is meant keeps the characters written', () => {
  for (const text of written) {
    assert.deepEqual(routeOf(`{ name: x, match: { alpn: [${text}] }, action: Ban }`).match.alpn, [text]);
  }
  for (const text of ['0o22', '1.0', 'no', '0777', '12e3'])
    assert.equal(routeOf(`{ name: ${text}, action: Ban }`).name, text);
});

test('they keep them where a hundred thousand other routes stand beside', () => {
  const padding = `# ${'x'.repeat(300_000)}\n`;
  const ids = configOf(`${padding}${routeText(`{ name: x, match: { alpn: [${written.join(', ')}] }, action: Ban }`)}`)
    .routes[0]?.match.alpn;
  assert.deepEqual(ids, written);
});

test('a null where text is meant is nothing, unless it is quoted', () => {
  for (const text of ['~', 'null', 'Null', 'NULL', '!!null x']) {
    assert.match(
      errorsOf(routeText(`{ name: ${text}, action: Ban }`)).join(),
      /routes\[0\]\.name: expected text, found nothing|unknown YAML tag/,
    );
  }
  assert.equal(routeOf('{ name: "null", action: Ban }').name, 'null');
  assert.match(errorsOf(routeText('{ name: , action: Ban }')).join(), /expected text, found nothing/);
});

test('where a number is meant it is the one of the core schema, if whole and exact', () => {
  const weightOf = (text: string): number | undefined => {
    const { target } = routeOf(`{ name: x, to: { endpoints: [{ url: "tcp://a:1", weight: ${text} }] } }`);
    return target.kind === 'Endpoints' ? target.endpoints[0]?.weight : undefined;
  };
  const expected: Readonly<Record<string, number>> = {
    '12': 12,
    '0o22': 18,
    '0x1F': 31,
    '0777': 777,
    '1.0': 1,
    '1e2': 100,
    '+7': 7,
    '1.50e1': 15,
    '!!int 5': 5,
  };
  for (const [text, value] of Object.entries(expected)) assert.equal(weightOf(text), value, text);
  for (const text of [
    '1.5',
    '1.00000000000000000001',
    '-1',
    '1001',
    '.inf',
    '.nan',
    '1e400',
    '1e-400',
    '9007199254740993',
    '0o8',
    '1_000',
    '"1"',
    'true',
    'one',
    '[]',
  ]) {
    const said = errorsOf(routeText(`{ name: x, to: { endpoints: [{ url: "tcp://a:1", weight: ${text} }] } }`)).join();
    assert.match(said, /weight: expected a whole number from 0 to 1000, found /, text);
  }
});

test('where a boolean is meant only those of the core schema are', () => {
  for (const [text, value] of Object.entries({ true: true, True: true, FALSE: false })) {
    assert.equal(routeOf(`{ name: x, action: Ban, halfClose: ${text} }`).halfClose, value);
  }
  for (const [text, meant] of Object.entries({ yes: 'true', On: 'true', no: 'false', OFF: 'false', n: 'false' })) {
    assert.match(
      errorsOf(routeText(`{ name: x, action: Ban, halfClose: ${text} }`)).join(),
      new RegExp(`found "${text}" \\(write ${meant}\\)`),
    );
  }
});

test('unquoted text is what the yaml package takes it for', () => {
  const characters = fc.constantFrom(
    '0',
    '1',
    '7',
    '9',
    '.',
    'e',
    'E',
    '+',
    '-',
    'o',
    'x',
    'f',
    'true',
    'null',
    '.inf',
    '.nan',
    '_',
  );
  fc.assert(
    fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 6 }), (text) => {
      const value: unknown = parse(/^(?:-|---|\.\.\.)$/.test(text) ? `"${text}"` : text, { logLevel: 'silent' });
      const core = resolveCoreScalar(text);
      const kind = value === null ? 'null' : typeof value === 'string' ? 'text' : typeof value;
      assert.equal(core.kind, kind, text);
      if (core.kind === 'number' || core.kind === 'boolean') assert.deepEqual(core.value, value, text);
    }),
    { numRuns: 3000 },
  );
});
