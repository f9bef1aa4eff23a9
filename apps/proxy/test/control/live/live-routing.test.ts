import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConfigChange } from '@sluice/live-config/replica/replica-port.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import * as fc from 'fast-check';
import { LiveRouting } from '../../../src/control/live/live-routing.ts';
import { type MergedRouting, mergeRouting } from '../../../src/control/live/merge-routing.ts';
import { configOf } from '../../config/parse-text.ts';

const file = {
  config: configOf(buildConfig({ routes: ['name: r3, match: {}, action: Ban'] })),
  describe: (): string => 'of the file',
};

type Choice = readonly [number: number, spec: 'Echo' | 'Health' | 'unreadable' | 'on edge' | 'on nothing' | 'deleted'];

const specs = {
  Echo: { action: 'Echo' },
  Health: { action: 'Health' },
  unreadable: { action: 'Sing' },
  'on edge': { action: 'Echo', listeners: ['edge'] },
  'on nothing': { action: 'Echo', listeners: ['nothing'] },
  deleted: null,
};

const choice: fc.Arbitrary<Choice> = fc.tuple(
  fc.nat(5),
  fc.constantFrom('Echo', 'Health', 'unreadable', 'on edge', 'on nothing', 'deleted'),
);

/** A revision has a key once. */
const revision = fc.uniqueArray(choice, { minLength: 1, maxLength: 3, selector: ([number]) => number });

function changeOf([number, spec]: Choice): ConfigChange {
  return {
    key: `routes.r${number}`,
    kind: 'Route',
    name: `r${number}`,
    generation: 1,
    spec: specs[spec],
  };
}

const merge = (routing: LiveRouting): MergedRouting => mergeRouting(file, routing.all, new Map());

describe('LiveRouting', () => {
  it('comes to the same by steps as by a whole that has the last word on each key and the last good one before it', () => {
    fc.assert(
      fc.property(fc.array(revision, { maxLength: 8 }), (steps) => {
        let routing = new LiveRouting();
        /** By key: what was published last, and the last that was good when its step was put in force. */
        const published = new Map<string, Choice>();
        const good = new Map<string, Choice>();
        for (const step of steps) {
          routing = routing.change(step.map(changeOf), false);
          const merged = merge(routing);
          routing.accept(merged);
          for (const one of step) published.set(changeOf(one).key, one);
          for (const [key, one] of published) if (!merged.rejected.has(key)) good.set(key, one);
          const before = new LiveRouting().change([...good.values()].map(changeOf), true);
          before.accept(merge(before));
          const whole = before.change([...published.values()].map(changeOf), true);
          assert.deepEqual(withoutIdentity(merge(routing)), withoutIdentity(merge(whole)));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves what it was made of as it was, until it is accepted', () => {
    const first = new LiveRouting().change([changeOf([1, 'Echo'])], true);
    first.accept(merge(first));
    const before = withoutIdentity(merge(first));
    first.change([changeOf([1, 'unreadable']), changeOf([0, 'Health'])], false);
    first.change([], true);
    assert.deepEqual(withoutIdentity(merge(first)), before);
    assert.deepEqual([...merge(first).accepted.keys()], []);
  });

  it('keeps objects of routes that did not change, by which they are told apart later', () => {
    const first = new LiveRouting().change([changeOf([1, 'Echo']), changeOf([2, 'Echo'])], true);
    first.accept(merge(first));
    const next = first.change([changeOf([0, 'Echo']), changeOf([2, 'Health'])], false);
    const [, , one, two] = merge(next).config.routes;
    assert.equal(one, merge(first).config.routes[1]);
    assert.deepEqual([one?.name, two?.name, two?.target.kind], ['r1', 'r2', 'Health']);
  });
});

function withoutIdentity({ config, rejected }: MergedRouting): unknown {
  return { routes: config.routes, rejected: new Map(rejected) };
}
