import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalName, NameTable } from '../../src/routing/name-table.ts';

function wildcardsOf(table: NameTable<string>, name: string): readonly string[] {
  const found: string[] = [];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const value = table.wildcardAfter(name, dot);
    if (value !== undefined) found.push(value);
  }
  return found;
}

function tableOf(...patterns: readonly string[]): NameTable<string> {
  const table = new NameTable<string>();
  for (const pattern of patterns) table.getOrCreate(pattern, () => pattern);
  return table;
}

describe('NameTable', () => {
  it('meets the wildcards of a name from the longest to the shortest', () => {
    const table = tableOf('*.com', '*.example.com', '*.b.example.com', '*.other.com');
    assert.deepEqual(wildcardsOf(table, 'a.b.example.com'), ['*.b.example.com', '*.example.com', '*.com']);
  });

  it('matches one label or more and never the suffix itself', () => {
    const table = tableOf('*.example.com');
    assert.deepEqual(wildcardsOf(table, 'x.y.z.example.com'), ['*.example.com']);
    assert.deepEqual(wildcardsOf(table, 'example.com'), []);
    assert.deepEqual(wildcardsOf(table, 'notexample.com'), []);
    assert.deepEqual(wildcardsOf(table, '.example.com'), []);
  });

  it('keeps a name apart from the wildcard with its suffix', () => {
    const table = tableOf('example.com', '*.example.com');
    assert.equal(table.exact('example.com'), 'example.com');
    assert.equal(table.exact('a.example.com'), undefined);
    assert.equal(
      table.getOrCreate('*.example.com', () => 'new'),
      '*.example.com',
    );
  });
});

describe('canonicalName', () => {
  it('lowers the case and drops one trailing dot', () => {
    assert.equal(canonicalName('WWW.Example.COM.'), 'www.example.com');
    assert.equal(canonicalName('*.Example.com'), '*.example.com');
  });
});
