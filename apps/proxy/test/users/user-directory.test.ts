import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { PackedUser } from '../../src/users/packed-user.ts';
import { UserDirectory } from '../../src/users/user-directory.ts';

function user(name: string, credentials = `$scrypt$ln=4,r=8,p=1$s$${name}`): PackedUser {
  return { name, credentials, allow: null, maxConnections: 0, isCutWhenRevoked: false };
}

function directory(maxAtOnce = 2): UserDirectory {
  return new UserDirectory({ defaultCost: '$default$', maxAtOnce });
}

function change(
  users: UserDirectory,
  puts: readonly PackedUser[],
  deletes: readonly string[] = [],
): readonly string[] | null {
  users.stageLive({ puts, deletes, keeps: [] });
  return users.commitLive();
}

function settle(users: UserDirectory): void {
  while (users.moveSome(1));
}

describe('the user directory', () => {
  it('takes nothing before the commit, and all of it then, however much it is', () => {
    const users = directory(2);
    const many = Array.from({ length: 10 }, (_, index) => user(`u${index}`));
    users.stageLive({ puts: many, deletes: [], keeps: [] });
    assert.equal(users.find('u3'), undefined);
    assert.equal(users.commitLive()?.length, 10);
    for (const { name, credentials } of many) assert.equal(users.find(name)?.credentials, credentials);
    assert.equal(users.liveCount, 0, 'nothing has been moved over yet');
    assert.throws(() => users.commitLive(), /before the last one was moved/);
    settle(users);
    assert.equal(users.liveCount, 10);
    assert.deepEqual(change(users, [], ['u3']), ['u3']);
    assert.equal(users.find('u3'), undefined);
    assert.equal(users.liveCount, 9);
  });

  it('lets the file hide a live user of the same name, and shows it again when the file has none', () => {
    const users = directory();
    change(users, [user('alice', 'live')]);
    users.stageFile([user('alice', 'file')]);
    assert.equal(users.find('alice')?.credentials, 'live');
    users.commitFile();
    assert.equal(users.find('alice')?.credentials, 'file');
    change(users, [user('alice', 'newer')]);
    assert.equal(users.find('alice')?.credentials, 'file');
    users.commitFile();
    assert.equal(users.find('alice')?.credentials, 'newer');
  });

  it('gives a name that comes back another birth, and one that changes the same', () => {
    const users = directory();
    change(users, [user('alice', 'one')]);
    const first = users.find('alice');
    change(users, [user('alice', 'two')]);
    assert.equal(users.find('alice')?.birth, first?.birth);
    change(users, [], ['alice']);
    change(users, [user('alice', 'one')]);
    assert.notEqual(users.find('alice')?.birth, first?.birth);
  });

  it('replaces everything by a whole change, but for what it keeps, and drops what was staged before', () => {
    const users = directory();
    change(users, [user('alice'), user('bob')]);
    const bob = users.find('bob');
    users.stageLive({ puts: [user('stale')], deletes: [], keeps: [] });
    users.beginWhole();
    users.stageLive({ puts: [user('carol')], deletes: [], keeps: ['bob', 'nobody'] });
    assert.equal(users.commitLive(), null);
    assert.deepEqual(
      ['alice', 'bob', 'carol', 'stale', 'nobody'].map((name) => users.find(name) !== undefined),
      [false, true, true, false, false],
    );
    assert.deepEqual(users.find('bob'), bob);
  });

  it('forgets what is aborted', () => {
    const users = directory();
    change(users, [user('alice')]);
    users.stageLive({ puts: [user('bob')], deletes: ['alice'], keeps: [] });
    users.abortLive();
    users.stageFile([user('carol')]);
    users.abortFile();
    users.commitFile();
    assert.deepEqual(users.commitLive(), []);
    assert.deepEqual(
      [users.find('alice') !== undefined, users.find('bob'), users.find('carol')],
      [true, undefined, undefined],
    );
  });

  it('shares equal rules as one text, and knows what most users cost', () => {
    const users = directory(10);
    assert.equal(users.typicalCost, '$default$');
    const cheap = '$2b$04$';
    users.stageFile([user('file', '$argon2id$v=19$m=8,t=1,p=1$s$h')]);
    users.commitFile();
    assert.equal(users.typicalCost, '$argon2id$v=19$m=8,t=1,p=1$');
    change(
      users,
      ['a', 'b', 'c'].map((name) => user(name, `${cheap}${name.repeat(53)}`)),
    );
    assert.equal(users.typicalCost, cheap);
    change(users, [user('a', '$scrypt$ln=4,r=8,p=1$s$h')], ['b', 'c']);
    assert.notEqual(users.typicalCost, cheap);
    change(users, [], ['a']);
    assert.equal(users.typicalCost, '$argon2id$v=19$m=8,t=1,p=1$');
  });

  it('is a map of names whatever the changes and however slowly they are moved over', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('change' as const),
        puts: fc.dictionary(name, fc.string()),
        deletes: fc.array(name),
      }),
      fc.record({
        kind: fc.constant('whole' as const),
        puts: fc.dictionary(name, fc.string()),
        deletes: fc.array(name),
      }),
    );
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 0, max: 5 }), (steps, maxAtOnce) => {
        const users = directory(maxAtOnce);
        const model = new Map<string, string>();
        for (const { kind, puts, deletes } of steps) {
          const gone = deletes.filter((each) => !Object.hasOwn(puts, each));
          if (kind === 'whole') {
            users.beginWhole();
            model.clear();
          }
          const packed = Object.entries(puts).map(([each, text]) => user(each, text));
          users.stageLive({ puts: packed, deletes: gone, keeps: [] });
          for (const each of gone) model.delete(each);
          for (const [each, text] of Object.entries(puts)) model.set(each, text);
          users.commitLive();
          for (let isMoving = true; isMoving; isMoving = users.moveSome(1))
            for (const each of 'abcde') assert.equal(users.find(each)?.credentials, model.get(each));
          assert.equal(users.liveCount, model.size);
        }
      }),
    );
  });
});
