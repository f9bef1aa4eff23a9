import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/parse-config.ts';
import { validConfig } from './valid-config.ts';
import { yamlText } from './yaml-text.ts';

const noise = fc.constantFrom(
  '',
  ' ',
  '\n',
  ':',
  '- ',
  '"',
  "'",
  '#',
  ',',
  ']',
  '{',
  '\t',
  '&a ',
  '*a',
  '!x ',
  '${',
  '${A}',
  '~',
  '0',
  'x',
  '\u0000',
  '\ud800',
  'routes',
  '%',
  '|',
);

/** A valid file, bitten into in a few places. */
const mutated = fc
  .tuple(
    validConfig,
    fc.boolean(),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 6 }), noise), { minLength: 1, maxLength: 4 }),
  )
  .map(([data, isJson, bites]) =>
    bites.reduce(
      (text, [at, cut, put]) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + put + text.slice(start + cut);
      },
      isJson ? JSON.stringify(data, undefined, 1) : stringify(data),
    ),
  );

function assertWellBehaved(text: string): 'valid' | 'invalid' {
  const outcome = parseConfig({ text, file: 's.yaml', env: { A: 'a' } });
  const issues = outcome.kind === 'valid' ? outcome.notes : outcome.errors;
  assert.ok(issues.length <= 100);
  assert.ok(outcome.kind === 'valid' || issues.length > 0, 'refused without a reason');
  const lines = text.split('\n');
  let previous = [1, 1];
  for (const { line, column, message, remedy } of issues) {
    assert.ok(
      line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1] ?? '').length + 1,
      `${line}:${column}`,
    );
    assert.ok(line > (previous[0] ?? 0) || (line === previous[0] && column >= (previous[1] ?? 0)), 'out of order');
    assert.match(message, /^[^\n\r\u2028\u2029]+$/u);
    assert.match(remedy, /^[^\n\r\u2028\u2029]+$/u);
    previous = [line, column];
  }
  return outcome.kind;
}

test('no text makes it throw, and every issue stands inside the file', () => {
  fc.assert(
    fc.property(fc.oneof(yamlText, fc.string(), fc.string({ unit: 'binary' })), (text) => {
      assertWellBehaved(text);
      assertWellBehaved(`listeners: []\nroutes: ${text}`);
    }),
    { numRuns: 2000 },
  );
});

test('no damage to a valid file makes it throw', () => {
  const counts = { valid: 0, invalid: 0 };
  fc.assert(
    fc.property(mutated, (text) => {
      counts[assertWellBehaved(text)] += 1;
    }),
    { numRuns: 1000 },
  );
  assert.ok(counts.invalid > 100 && counts.valid > 0, JSON.stringify(counts));
});
