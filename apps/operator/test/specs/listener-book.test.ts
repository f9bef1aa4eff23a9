import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import type { SluiceObject } from '../../src/specs/kube-objects.ts';
import { ListenerBook } from '../../src/specs/listener-book.ts';

function listener(id: string, age: number, bind: unknown): SluiceObject {
  const [namespace = '', name = ''] = id.split('/');
  const metadata = { namespace, name, creationTimestamp: `2027-01-01T00:00:0${age}Z`, generation: 1 };
  return { metadata, spec: { bind } };
}

const unreadable = 'nowhere';
const held: ResourceSpec = { name: 'edge', bind: ['127.0.0.1:1'] };

function bookOf(...objects: readonly SluiceObject[]): ListenerBook {
  const book = new ListenerBook({ heldSpec: () => held });
  for (const object of objects) book.set(object);
  return book;
}

describe('a listener that cannot be read', () => {
  it('keeps what was published under its name', () => {
    const book = bookOf(listener('a/edge', 0, unreadable));
    assert.deepEqual([...book.settle().specs.values()], [held]);
    assert.notDeepEqual(book.outcome('a/edge')?.problems, []);
  });

  for (const order of ['before', 'after'] as const) {
    it(`inherits nothing of another of its name that can be read and is seen ${order} it`, () => {
      const broken = listener('a/edge', 1, unreadable);
      const sound = listener('b/edge', 0, ['127.0.0.1:1']);
      const book = bookOf(...(order === 'before' ? [sound, broken] : [broken, sound]));
      const [published] = book.settle().specs.values();
      assert.deepEqual((published as { readonly bind?: unknown } | null)?.bind, ['127.0.0.1:1']);
      book.delete('b/edge');
      assert.deepEqual([...book.settle().specs.values()], [null]);
      book.set(listener('a/edge', 1, unreadable));
      assert.deepEqual([...book.settle().specs.values()], [null]);
    });
  }

  it('keeps its own last good spec', () => {
    const book = bookOf(listener('a/edge', 0, ['127.0.0.1:7']));
    book.settle();
    book.set(listener('a/edge', 0, unreadable));
    const [published] = book.settle().specs.values();
    assert.deepEqual((published as { readonly bind?: unknown } | null)?.bind, ['127.0.0.1:7']);
  });
});
