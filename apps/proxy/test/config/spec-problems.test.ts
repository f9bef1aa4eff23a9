import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceKind } from '@sluice/contract/config-key.ts';
import { findSpecProblems } from '@sluice/contract/resources/spec-problems.ts';
import * as fc from 'fast-check';
import { readLiveResource } from '../../src/config/read-live-resource.ts';
import { validConfig } from './valid-config.ts';

const kinds = { listeners: 'Listener', routes: 'Route', users: 'User' } as const;

/** The value with one leaf or key replaced, chosen by `at`. */
function corrupt(value: unknown, at: { left: number }, junk: unknown): unknown {
  if (at.left === 0) {
    at.left = -1;
    // In a file a number is a text where one is meant; the bus takes it so too, the API server does not.
    return typeof value === 'string' && typeof junk !== 'string' && typeof junk !== 'object' ? value : junk;
  }
  at.left -= 1;
  if (Array.isArray(value)) return value.map((item) => corrupt(item, at, junk));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, corrupt(field, at, junk)]));
}

const junk = fc.constantFrom<unknown>(
  ...['', 'x', '10.0.0.1/8', '1.2.3.4:70000', '*.*.x', 'tcp://a:0', '0s', '577h', '$scrypt$', 'Ban', ':'],
  ...[-1, 1.5, 70_000, true, [], {}, [{}], { name: 'x' }],
);

test('the proxy and the operator take the same specs for right', () => {
  const counts = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(validConfig, fc.nat(40), fc.option(junk), (data, place, replacement) => {
      for (const [list, kind] of Object.entries(kinds) as [keyof typeof kinds, ResourceKind][]) {
        for (const resource of data[list] ?? []) {
          const { name: _name, ...whole } = JSON.parse(JSON.stringify(resource)) as { name: string };
          const spec = replacement === null ? whole : corrupt(whole, { left: place + 1 }, replacement);
          const reading = readLiveResource(kind, 'a', spec as object);
          const problems = findSpecProblems(`Proxy${kind}`, spec);
          const text = JSON.stringify({ spec, problems, reading });
          // Whether an address is bound twice is a rule between listeners in the file.
          const isTwice = problems.some(({ message }) => message.endsWith(' twice'));
          assert.equal(problems.length === 0 || isTwice, reading.ok, text);
          counts[reading.ok ? 'right' : 'wrong'] += 1;
        }
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(counts.right > 300 && counts.wrong > 150, JSON.stringify(counts));
});
