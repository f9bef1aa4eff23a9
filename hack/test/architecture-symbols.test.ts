/** ARCHITECTURE.md and docs/life-of-a-connection.md name code by file and symbol: every one of them exists. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findMissingSymbols, type ReadPath } from './find-missing-symbols.ts';

const root = join(import.meta.dirname, '../..');
const documents = ['ARCHITECTURE.md', 'docs/life-of-a-connection.md'];

const readTree: ReadPath = (path) => {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats === undefined) return null;
  return stats.isDirectory() ? '' : readFileSync(join(root, path), 'utf8');
};

describe('the architecture documents', () => {
  for (const document of documents) {
    it(`${document} names only what exists`, () => {
      const { symbols, missing } = findMissingSymbols(readFileSync(join(root, document), 'utf8'), readTree);
      assert.deepEqual(missing, []);
      assert.ok(symbols >= 20, `only ${symbols} symbols were found in ${document}: is it still read?`);
    });
  }

  it('ARCHITECTURE.md stays within 200 lines', () => {
    assert.ok(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n').length <= 201);
  });
});

const planted: Readonly<Record<string, string>> = {
  'src/engine.ts': [
    '// gone() was here',
    'export class Engine {',
    '  #state = 0;',
    '  async step(limit: number): Promise<void> {',
    '    call(limit);',
    '  }',
    '}',
    'export function start(): void {',
    '  invoked(1);',
    '}',
  ].join('\n'),
  'src/pump.cc': ['Outcome Pump::move(int fd) {', '  return other(fd);', '}'].join('\n'),
  'src/pump.h': [
    'class Pump {',
    '  [[nodiscard]] Outcome move(int fd);',
    '};',
    'inline constexpr int kLimit = 1;',
  ].join('\n'),
};

function missingNames(name: string): readonly string[] {
  return findMissingSymbols(`see \`${name}\``, (path) => planted[path] ?? null).missing.map((missing) => missing.name);
}

describe('findMissingSymbols', () => {
  for (const name of [
    'src/engine.ts',
    'src/engine.ts#Engine',
    'src/engine.ts#Engine.step',
    'src/engine.ts#Engine.#state',
    'src/engine.ts#start',
    'src/pump.cc#Pump::move',
    'src/pump.h#Pump',
    'src/pump.h#move',
    'src/pump.h#kLimit',
  ]) {
    it(`finds ${name}`, () => assert.deepEqual(missingNames(name), []));
  }

  for (const [why, name] of [
    ['a file that is not there', 'src/gone.ts#Engine'],
    ['a folder that is not there', 'lib/gone'],
    ['a symbol that is only mentioned in a comment', 'src/engine.ts#gone'],
    ['a function that is only called', 'src/engine.ts#invoked'],
    ['a method that is only called', 'src/engine.ts#Engine.call'],
    ['a C++ function that is only called', 'src/pump.cc#other'],
    ['a method of another class', 'src/pump.cc#Relay::move'],
    ['part of a name', 'src/engine.ts#Eng'],
    ['an empty symbol', 'src/engine.ts#'],
    ['a line number', 'src/engine.ts:12'],
    ['a line number as a link has it', 'src/engine.ts#L12'],
  ] as const) {
    it(`reports ${why}`, () => assert.deepEqual(missingNames(name), [name]));
  }

  it('counts the symbols it has looked at', () => {
    const text =
      'the `src/engine.ts#Engine`, its `src/engine.ts#start`, the file `src/engine.ts`, a word `Engine`, `a/b` **c**';
    assert.equal(findMissingSymbols(text, (path) => planted[path] ?? null).symbols, 2);
  });
});
