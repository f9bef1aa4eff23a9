import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { loadAddon } from '../../lib/addon.ts';
import { counterNames } from '../../lib/counters.ts';
import {
  commandFlag,
  commandType,
  control,
  dataFlag,
  endCauses,
  eventType,
  firstEnds,
  layout,
} from '../../lib/ring-layout.ts';

const source = (name: string): Promise<string> => readFile(new URL(`../../src/ring/${name}`, import.meta.url), 'utf8');
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Names of a C++ enum, with their values: each is the one before plus one unless it says otherwise. */
function readEnum(text: string, name: string): Map<string, number> {
  const body = new RegExp(`enum class ${name}[^{]*\\{(?<body>[^}]*)\\}`).exec(text)?.groups?.['body'];
  assert.ok(body !== undefined, `enum ${name} is not in the header`);
  const values = new Map<string, number>();
  let next = 0;
  for (const line of body.replaceAll(/\/\/.*$/gm, '').split(',')) {
    const entry = /(?<key>\w+)(?:\s*=\s*(?<value>\d+))?/.exec(line)?.groups;
    if (entry === undefined) continue;
    next = entry['value'] === undefined ? next : Number(entry['value']);
    values.set(entry['key'] ?? '', next);
    next += 1;
  }
  return values;
}

/** `constexpr` numbers of a header whose names start with `prefix`, without it. */
function readConstants(text: string, prefix: string): Record<string, number> {
  const pattern = new RegExp(`constexpr \\w+ ${prefix}(?<name>\\w+) =\\s+(?<value>\\d+);`, 'g');
  const entries = [...text.matchAll(pattern)].map(({ groups }) => [
    lowerFirst(groups?.['name'] ?? ''),
    Number(groups?.['value']),
  ]);
  return Object.fromEntries(entries) as Record<string, number>;
}

const lowerKeys = (values: Map<string, number>): Record<string, number> =>
  Object.fromEntries([...values].map(([name, value]) => [lowerFirst(name), value]));

describe('ring layout', () => {
  test('the offsets and sizes of the TypeScript side are those the addon was compiled with', () => {
    const described = loadAddon().describeLayout();
    for (const [name, value] of Object.entries(layout)) assert.equal(described[name], value, name);
  });

  test('the counters have the names and the order of the header', async () => {
    const names = [...readEnum(await source('counters.h'), 'Counter').keys()].map(lowerFirst);
    assert.deepEqual([...counterNames, 'count'], names);
    assert.equal(loadAddon().describeLayout()['counterCount'], counterNames.length);
  });

  test('events, commands and control words have the numbers of the header', async () => {
    const header = await source('ring_layout.h');
    assert.deepEqual({ ...eventType }, lowerKeys(readEnum(header, 'EventType')));
    assert.deepEqual({ ...commandType }, lowerKeys(readEnum(header, 'CommandType')));
    assert.deepEqual({ ...control }, lowerKeys(readEnum(header, 'Control')));
  });

  test('causes, ends and flags have the numbers of the header', async () => {
    const header = await source('ring_layout.h');
    assert.deepEqual([...endCauses], [...readEnum(header, 'EndCause').keys()]);
    assert.deepEqual([...firstEnds], [...readEnum(header, 'FirstEnd').keys()]);
    assert.deepEqual({ ...commandFlag }, readConstants(header, 'kFlag'));
    assert.deepEqual({ ...dataFlag }, readConstants(header, 'kData'));
  });
});
