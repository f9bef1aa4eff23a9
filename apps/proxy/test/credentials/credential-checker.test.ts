import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import {
  CredentialChecker,
  type CredentialCheckerConfig,
  defaultCredentialCheckerConfig,
} from '../../src/credentials/credential-checker.ts';
import { deriveScryptKey, type ScryptInput } from '../../src/credentials/derive-scrypt-key.ts';
import { hashPassword } from '../../src/credentials/hash-password.ts';
import { Gate } from './gate.ts';

const cheap = { ln: 4, r: 8, p: 1 };

interface User {
  readonly name: string;
  readonly scrypt: string;
}

async function user(name: string, password: string, cost = cheap): Promise<User> {
  return { name, scrypt: await hashPassword(password, { cost }) };
}

/** A checker over real scrypt; `gate` holds every run until it is opened, `inputs` are the runs begun. */
class CheckerRig {
  readonly inputs: ScryptInput[] = [];
  readonly gate = new Gate();
  readonly checker: CredentialChecker;
  nowMs = 0;

  constructor(users: readonly User[], config: Partial<CredentialCheckerConfig> = {}, isHeld = false) {
    this.checker = new CredentialChecker(
      { ...defaultCredentialCheckerConfig, ...config },
      {
        nowMs: () => this.nowMs,
        randomBytes,
        deriveKey: async (input) => {
          this.inputs.push(input);
          if (isHeld) await this.gate.opened;
          return deriveScryptKey(input);
        },
      },
    );
    this.checker.replaceUsers(users);
  }
}

suite('credential checker', () => {
  test('tells right from wrong, and remembers right', async () => {
    const { checker, inputs } = new CheckerRig([await user('alice', 'secret'), await user('bob', '')]);
    assert.equal(checker.checkCached('alice', 'secret'), undefined);
    assert.equal(await checker.check('alice', 'secret'), 'valid');
    assert.equal(checker.checkCached('alice', 'secret'), 'valid');
    assert.equal(await checker.check('alice', 'secret'), 'valid');
    assert.equal(inputs.length, 1);
    assert.equal(await checker.check('bob', ''), 'valid');
    const wrong = [
      ['alice', 'Secret'],
      ['alice', ''],
      ['alice', 'secret\0'],
      ['alice\0secret', ''],
      ['bob', 'secret'],
      ['', 'secret'],
    ] as const;
    for (const [name, password] of wrong) {
      assert.equal(checker.checkCached(name, password), undefined);
      assert.equal(await checker.check(name, password), 'invalid', name);
    }
    assert.equal(checker.counters.cacheHits, 2);
    assert.equal(checker.counters.invalid, wrong.length);
  });

  test('wrong credentials are computed each time', async () => {
    const { checker, inputs } = new CheckerRig([await user('alice', 'secret')]);
    for (let attempt = 1; attempt <= 3; attempt++) {
      assert.equal(await checker.check('alice', 'guess'), 'invalid');
      assert.equal(inputs.length, attempt);
    }
  });

  test('an unknown user costs the scrypt of a typical known one, and no password is right', async () => {
    const typical = { ln: 5, r: 8, p: 2 };
    const users = [await user('a', 'x'), await user('b', 'x', typical), await user('c', 'x', typical)];
    const { checker, inputs } = new CheckerRig(users);
    for (const password of ['x', '', 'secret']) assert.equal(await checker.check('mallory', password), 'invalid');
    assert.deepEqual(
      inputs.map(({ cost, keyBytes }) => ({ cost, keyBytes })),
      Array.from({ length: 3 }, () => ({ cost: typical, keyBytes: 32 })),
    );
    assert.equal(checker.checkCached('mallory', 'x'), undefined);
  });

  test('an unknown user is invalid even with the password of its stand-in', async () => {
    const checker = new CredentialChecker(defaultCredentialCheckerConfig, {
      nowMs: () => 0,
      randomBytes: (size) => Buffer.alloc(size, 7),
      deriveKey: ({ keyBytes }) => Promise.resolve(Buffer.alloc(keyBytes, 7)),
    });
    assert.equal(await checker.check('mallory', 'x'), 'invalid');
    assert.equal(await checker.check('mallory', 'x'), 'invalid');
    assert.equal(checker.counters.computations, 2);
  });

  test('without any user the cost is the default one', async () => {
    const { checker, inputs } = new CheckerRig([]);
    assert.equal(await checker.check('alice', 'secret'), 'invalid');
    assert.deepEqual(inputs[0]?.cost, { ln: 15, r: 8, p: 3 });
  });

  test('remembered credentials end after their time', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { cacheTimeToLiveMs: 1000 });
    assert.equal(await rig.checker.check('alice', 'secret'), 'valid');
    rig.nowMs = 999;
    assert.equal(rig.checker.checkCached('alice', 'secret'), 'valid');
    rig.nowMs = 1000;
    assert.equal(rig.checker.checkCached('alice', 'secret'), undefined);
    assert.equal(await rig.checker.check('alice', 'secret'), 'valid');
    assert.equal(rig.inputs.length, 2);
  });

  test('the least recently used credentials make room, and are counted', async () => {
    const users = [await user('a', 'x'), await user('b', 'x'), await user('c', 'x')];
    const { checker } = new CheckerRig(users, { maxCachedCredentials: 2 });
    for (const { name } of users) assert.equal(await checker.check(name, 'x'), 'valid');
    assert.deepEqual(
      users.map(({ name }) => checker.checkCached(name, 'x')),
      [undefined, 'valid', 'valid'],
    );
    assert.equal(checker.counters.cacheEvictions, 1);
  });
});

suite('credential checker over reloads', () => {
  test('a changed verifier and a removed user are out at once, an unchanged one stays remembered', async () => {
    const [alice, bob, carol] = [await user('alice', 'one'), await user('bob', 'one'), await user('carol', 'one')];
    const { checker, inputs } = new CheckerRig([alice, bob, carol]);
    for (const name of ['alice', 'bob', 'carol']) assert.equal(await checker.check(name, 'one'), 'valid');
    checker.replaceUsers([{ ...alice }, await user('bob', 'two')]);
    assert.equal(checker.checkCached('alice', 'one'), 'valid');
    assert.equal(checker.checkCached('bob', 'one'), undefined);
    assert.equal(checker.checkCached('carol', 'one'), undefined);
    assert.equal(await checker.check('bob', 'one'), 'invalid');
    assert.equal(await checker.check('bob', 'two'), 'valid');
    assert.equal(await checker.check('carol', 'one'), 'invalid');
    assert.equal(inputs.length, 6);
  });

  test('a user whose verifier comes back must be checked again', async () => {
    const alice = await user('alice', 'one');
    const { checker } = new CheckerRig([alice]);
    assert.equal(await checker.check('alice', 'one'), 'valid');
    checker.replaceUsers([]);
    checker.replaceUsers([alice]);
    assert.equal(checker.checkCached('alice', 'one'), undefined);
    assert.equal(await checker.check('alice', 'one'), 'valid');
  });

  test('a verdict that a reload overtakes is taken against the new verifier', async () => {
    const [before, after] = [await user('alice', 'one'), await user('alice', 'two')];
    const rig = new CheckerRig([before], {}, true);
    const [old, fresh] = [rig.checker.check('alice', 'one'), rig.checker.check('alice', 'two')];
    rig.checker.replaceUsers([after]);
    rig.gate.open();
    assert.equal(await old, 'invalid');
    assert.equal(await fresh, 'valid');
    assert.equal(rig.checker.checkCached('alice', 'one'), undefined);
  });

  test('a check after a reload does not share the run of one before it', async () => {
    const [before, after] = [await user('alice', 'one'), await user('alice', 'two')];
    const rig = new CheckerRig([before], {}, true);
    const early = rig.checker.check('alice', 'two');
    rig.checker.replaceUsers([after]);
    const late = rig.checker.check('alice', 'two');
    rig.gate.open();
    assert.deepEqual(await Promise.all([early, late]), ['valid', 'valid']);
  });

  test('a check that a removal overtakes is invalid', async () => {
    const rig = new CheckerRig([await user('alice', 'one')], {}, true);
    const overtaken = rig.checker.check('alice', 'one');
    rig.checker.replaceUsers([]);
    rig.gate.open();
    assert.equal(await overtaken, 'invalid');
  });

  test('a verifier that does not parse lets nobody in', async () => {
    const { checker } = new CheckerRig([{ name: 'alice', scrypt: 'secret' }]);
    assert.equal(await checker.check('alice', 'secret'), 'invalid');
  });
});

suite('credential checker under load', () => {
  test('equal checks at once share one run, others do not', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], {}, true);
    const equal = Array.from({ length: 50 }, () => rig.checker.check('alice', 'secret'));
    const other = rig.checker.check('alice', 'guess');
    rig.gate.open();
    assert.deepEqual(
      await Promise.all(equal),
      Array.from({ length: 50 }, () => 'valid'),
    );
    assert.equal(await other, 'invalid');
    assert.equal(rig.inputs.length, 2);
    assert.equal(rig.checker.counters.shared, 49);
    assert.equal(rig.checker.counters.computations, 2);
  });

  test('no more runs at once than allowed, and beyond the line the answer is overloaded', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 2, maxWaitingChecks: 3 }, true);
    const checks = Array.from({ length: 8 }, (_, index) => rig.checker.check('alice', `guess ${index}`));
    assert.equal(rig.inputs.length, 2);
    assert.deepEqual(await Promise.all(checks.slice(5)), ['overloaded', 'overloaded', 'overloaded']);
    assert.equal(rig.checker.counters.overloaded, 3);
    rig.gate.open();
    assert.deepEqual(
      await Promise.all(checks.slice(0, 5)),
      Array.from({ length: 5 }, () => 'invalid'),
    );
    assert.equal(await rig.checker.check('alice', 'secret'), 'valid');
  });

  test('remembered credentials are served while the line is full', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 1, maxWaitingChecks: 0 }, true);
    const first = rig.checker.check('alice', 'secret');
    rig.gate.open();
    assert.equal(await first, 'valid');
    const busy = rig.checker.check('alice', 'guess');
    assert.equal(await rig.checker.check('alice', 'other guess'), 'overloaded');
    assert.equal(rig.checker.checkCached('alice', 'secret'), 'valid');
    assert.equal(await busy, 'invalid');
  });

  test('an abort ends the wait with its reason, and work nobody waits for is not begun', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 1 }, true);
    const running = rig.checker.check('alice', 'guess');
    const [first, second] = [new AbortController(), new AbortController()];
    const alone = rig.checker.check('alice', 'alone', first.signal);
    const given = rig.checker.check('alice', 'secret', second.signal);
    const kept = rig.checker.check('alice', 'secret');
    const reason = new Error('the client left');
    first.abort(reason);
    second.abort(reason);
    await assert.rejects(alone, reason);
    await assert.rejects(given, reason);
    rig.gate.open();
    assert.deepEqual(await Promise.all([running, kept]), ['invalid', 'valid']);
    assert.deepEqual(
      rig.inputs.map(({ password }) => password),
      ['guess', 'secret'],
    );
    assert.equal(await rig.checker.check('alice', 'alone'), 'invalid', 'a withdrawn check can be asked again');
  });

  test('a signal that is aborted already rejects before any work', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')]);
    await assert.rejects(rig.checker.check('alice', 'secret', AbortSignal.abort()), { name: 'AbortError' });
    assert.equal(rig.inputs.length, 0);
  });

  test('scrypt that cannot run is overload, counted, and says nothing of the password', async () => {
    const checker = new CredentialChecker(defaultCredentialCheckerConfig, {
      nowMs: () => 0,
      randomBytes,
      deriveKey: () => Promise.reject(new Error('no memory')),
    });
    checker.replaceUsers([await user('alice', 'hunter2')]);
    assert.equal(await checker.check('alice', 'hunter2'), 'overloaded');
    assert.equal(checker.counters.failed, 1);
    assert.ok(!JSON.stringify(checker.counters).includes('hunter2'));
  });

  test('the calling thread goes on while scrypt runs', async () => {
    const rig = new CheckerRig([await user('alice', 'secret', { ln: 14, r: 8, p: 1 })]);
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    assert.equal(await rig.checker.check('alice', 'secret'), 'valid');
    isDone = true;
    assert.ok(turns > 10, `${turns} turns of the loop`);
  });
});
