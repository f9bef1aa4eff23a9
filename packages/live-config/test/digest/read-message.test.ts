import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { resourceKey } from '@sluice/contract/config-key.ts';
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import { canonicalJson } from '../../src/digest/canonical-json.ts';
import { makeEntry, readAck, readEntry, readHead, writeEntry, writeMessage } from '../../src/digest/read-message.ts';

const head: ConfigHead = {
  ...{ v: 1, range: 'users', epoch: 3, revision: 9, digest: 'a'.repeat(64), count: 2, publisher: 'p' },
  at: '2026-01-01T00:00:00.000Z',
};

function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

describe('messages of the bus', () => {
  it('never throws on garbage, and takes none of it for a message', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.jsonValue().map(bytes),
      fc.json().map(bytes),
      fc.string({ unit: 'binary' }).map(bytes),
    );
    fc.assert(
      fc.property(garbage, (value) => {
        assert.deepEqual(
          [readEntry('users', 'users.a', value), readHead('users', value), readAck(value)],
          [null, null, null],
        );
      }),
    );
  });

  it('takes no message with a field more, less or of another kind', () => {
    const entry = { v: 1, kind: 'User', name: 'a', epoch: 1, generation: 1, spec: {} };
    assert.notEqual(readEntry('users', 'users.a', bytes(entry)), null);
    for (const change of [
      { v: 2 },
      { epoch: 0 },
      { generation: 1.5 },
      { spec: [] },
      { spec: 'x' },
      { more: 1 },
      { name: '' },
    ]) {
      assert.equal(readEntry('users', 'users.a', bytes({ ...entry, ...change })), null, JSON.stringify(change));
    }
    for (const change of [
      { digest: 'A'.repeat(64) },
      { range: 'routing' },
      { count: -1 },
      { revision: '1' },
      { x: 1 },
    ]) {
      assert.equal(readHead('users', bytes({ ...head, ...change })), null, JSON.stringify(change));
    }
  });

  it('takes an entry only under its own key, and only of the range that is read', () => {
    const value = bytes({ v: 1, kind: 'User', name: 'a', epoch: 1, generation: 1, spec: {} });
    assert.notEqual(readEntry('users', 'users.a', value), null);
    assert.equal(readEntry('users', 'users.b', value), null);
    assert.equal(readEntry('users', 'routes.a', value), null);
    assert.equal(readEntry('routing', 'users.a', value), null);
  });

  it('refuses what is nested too deep or too large', () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const text = `{"v":1,"kind":"User","name":"a","epoch":1,"generation":1,"spec":${deep}}`;
    assert.equal(readEntry('users', 'users.a', bytes(text)), null);
    const large = { v: 1, kind: 'User', name: 'a', epoch: 1, generation: 1, spec: { a: 'x'.repeat(2 ** 20) } };
    assert.equal(readEntry('users', 'users.a', bytes(large)), null);
  });

  it('reads what it wrote, of any name and spec', () => {
    const specs = fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })));
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1 }), specs, (name, generation, spec) => {
        const key = resourceKey({ kind: 'User', name });
        const entry = makeEntry(key, { epoch: 4, generation, specText: spec === null ? null : canonicalJson(spec) });
        assert.deepEqual(readEntry('users', key, writeEntry(entry)), entry);
      }),
    );
    assert.deepEqual(readHead('users', writeMessage(head)), head);
  });
});
