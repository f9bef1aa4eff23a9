import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { TextTable } from '../../../src/cli/state/text-table.ts';

describe('a table', () => {
  it('has its headings once, and columns that never become narrower from page to page', () => {
    const table = new TextTable(['NAME', 'NOTE']);
    assert.equal(table.rows([['alexander', 'x']]), 'NAME       NOTE\nalexander  x\n');
    assert.equal(table.rows([['bo', '']]), 'bo         -\n');
    assert.equal(table.rows([]), '');
  });

  it('shortens what is long and shows what would move the cursor', () => {
    const table = new TextTable(['NAME']);
    const [, long, odd] = table.rows([['x'.repeat(100)], ['a\u001b[31mb\n']]).split('\n');
    assert.equal(long, `${'x'.repeat(59)}…`);
    assert.equal(odd, String.raw`a\u001b[31mb\u000a`);
  });

  it('is one line a row, whatever is in it, with the second column at one place', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.constant('|')), { minLength: 1 }), (rows) => {
        const lines = new TextTable(['A', 'B']).rows(rows).split('\n').slice(1, -1);
        assert.equal(lines.length, rows.length);
        assert.equal(new Set(lines.map((line) => Array.from(line).length)).size, 1);
      }),
    );
  });
});
