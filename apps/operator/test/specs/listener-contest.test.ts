import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judgeListeners, type ListenerContestant } from '../../src/specs/listener-contest.ts';

function listener(id: string, age: number, bind: readonly string[]): ListenerContestant {
  const [namespace = '', name = ''] = id.split('/');
  return { metadata: { namespace, name, creationTimestamp: `2027-01-01T00:00:0${age}Z` }, bind };
}

describe('listeners of one name or address', () => {
  it('are won by the older one, or by the first in the order of names', () => {
    const lost = judgeListeners([
      listener('b/edge', 1, ['0.0.0.0:1']),
      listener('a/edge', 1, ['0.0.0.0:2']),
      listener('c/edge', 0, ['0.0.0.0:3']),
    ]);
    assert.deepEqual([...lost.keys()].toSorted(), ['a/edge', 'b/edge']);
    assert.deepEqual(lost.get('a/edge'), { reason: 'NameTaken', winner: 'c/edge', what: 'edge' });
  });

  it('clash over an address however it is written, and over none that is given at random', () => {
    const lost = judgeListeners([
      listener('a/one', 0, ['[::1]:443', '127.0.0.1:0']),
      listener('a/two', 1, ['127.0.0.1:0', '[0:0:0:0:0:0:0:1]:443']),
      listener('a/three', 2, ['127.0.0.1:0']),
    ]);
    assert.deepEqual([...lost], [['a/two', { reason: 'AddressTaken', winner: 'a/one', what: '[::1]:443' }]]);
  });

  it('leave what a loser claims to others', () => {
    const lost = judgeListeners([
      listener('a/one', 0, ['0.0.0.0:1']),
      listener('a/two', 1, ['0.0.0.0:1', '0.0.0.0:2']),
      listener('a/three', 2, ['0.0.0.0:2']),
    ]);
    assert.deepEqual([...lost.keys()], ['a/two']);
  });

  it('are judged the same in whatever order they come', () => {
    const one = fc
      .tuple(
        fc.constantFrom('a', 'b'),
        fc.constantFrom('x', 'y', 'z'),
        fc.nat(2),
        fc.subarray(['0.0.0.0:1', '0.0.0.0:2'], { minLength: 1 }),
      )
      .map(([namespace, name, age, bind]) => listener(`${namespace}/${name}`, age, bind));
    const all = fc.uniqueArray(one, { selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}` });
    fc.assert(
      fc.property(
        all.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          assert.deepEqual(Object.fromEntries(judgeListeners(shuffled)), Object.fromEntries(judgeListeners(given)));
        },
      ),
    );
  });
});
