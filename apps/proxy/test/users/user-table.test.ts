import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type UserRecord, UserTable } from '../../src/users/user-table.ts';

const record = fc
  .record({
    birth: fc.nat(),
    credentials: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(2200))),
    allow: fc.oneof(fc.constant(null), fc.constantFrom('[]', '[{"ports":[443]}]', '[{"ports":[80]}]')),
    maxConnections: fc.nat(1_000_000),
    isCutWhenRevoked: fc.boolean(),
  })
  .map((fields): UserRecord => ({ ...fields }));

describe('a table of users', () => {
  it('is a map of records, whatever is set, changed and deleted', () => {
    const name = fc.oneof(fc.nat(30).map(String), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }));
    const step = fc.record({ name, record: fc.option(record, { freq: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new UserTable();
        const model = new Map<string, UserRecord>();
        for (const { name: each, record: wanted } of steps) {
          if (wanted === null) {
            table.delete(each);
            model.delete(each);
          } else {
            table.set(each, wanted);
            model.set(each, wanted);
          }
        }
        assert.equal(table.size, model.size);
        for (const { name: each } of steps) assert.deepEqual(table.get(each), model.get(each));
      }),
    );
  });

  it('knows nobody by a name that is no Unicode', () => {
    const table = new UserTable();
    const user = { birth: 1, credentials: 'c', allow: null, maxConnections: 0, isCutWhenRevoked: false };
    table.set('\uFFFD', user);
    assert.equal(table.get('\uD800'), undefined);
    assert.deepEqual(table.get('\uFFFD'), user);
  });
});
