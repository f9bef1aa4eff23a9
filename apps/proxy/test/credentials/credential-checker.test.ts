import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { textFormats } from '@sluice/contract/text-format.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';
import {
  CredentialChecker,
  type CredentialCheckerConfig,
  type CredentialCheckerCounters,
  type CredentialCheckerDeps,
  type CredentialVerdict,
  defaultCredentialCheckerConfig,
} from '../../src/credentials/credential-checker.ts';
import { defaultCostProfile, hashPassword, hashPasswordBy } from '../../src/credentials/hash-password.ts';
import { parseScryptVerifier } from '../../src/credentials/scrypt-verifier.ts';
import { verifyPassword } from '../../src/credentials/verify-password.ts';
import type { PackedUser } from '../../src/users/packed-user.ts';
import { costProfileOf } from '../../src/users/cost-profile.ts';
import { UserDirectory } from '../../src/users/user-directory.ts';
import { Gate } from './gate.ts';

const cheap = { ln: 4, r: 8, p: 1 };

interface User {
  readonly name: string;
  readonly verifier: string;
}

interface Run {
  readonly verifier: string;
  readonly password: string;
}

async function user(name: string, password: string, cost = cheap): Promise<User> {
  return { name, verifier: await hashPassword(password, { cost }) };
}

function packed({ name, verifier }: User): PackedUser {
  return { name, credentials: verifier, allow: null, maxConnections: 0, isCutWhenRevoked: false };
}

/** A checker over real algorithms; `gate` holds every run until it is opened, `inputs` are the runs begun. */
class CheckerRig {
  readonly inputs: Run[] = [];
  readonly gate = new Gate();
  readonly #users = new UserDirectory({ defaultCost: defaultCostProfile, maxAtOnce: 1000 });
  readonly #checker: CredentialChecker;
  nowMs = 0;
  unixMs = 0;

  constructor(
    users: readonly User[],
    config: Partial<CredentialCheckerConfig> = {},
    isHeld = false,
    deps: Partial<CredentialCheckerDeps> = {},
  ) {
    this.replaceUsers(users);
    this.#checker = new CredentialChecker(
      { ...defaultCredentialCheckerConfig, ...config },
      {
        nowMs: () => this.nowMs,
        unixMs: () => this.unixMs,
        randomBytes,
        users: this.#users,
        verify: async (verifier, password) => {
          this.inputs.push({ verifier, password });
          if (isHeld) await this.gate.opened;
          return verifyPassword(verifier, password);
        },
        ...deps,
      },
    );
  }

  replaceUsers(users: readonly User[]): void {
    this.replacePacked(users.map(packed));
  }

  replacePacked(users: readonly PackedUser[]): void {
    this.#users.stageFile(users);
    this.#users.commitFile();
  }

  get counters(): CredentialCheckerCounters {
    return this.#checker.counters;
  }

  checkCached(name: string, password: string): 'valid' | undefined {
    return this.#checker.checkCached(name, password) === undefined ? undefined : 'valid';
  }

  async check(name: string, password: string, signal?: AbortSignal): Promise<CredentialVerdict['kind']> {
    return (await this.#checker.check(name, password, signal)).kind;
  }
}

suite('credential checker', () => {
  test('tells right from wrong, and remembers right', async () => {
    const checker = new CheckerRig([await user('alice', 'secret'), await user('bob', '')]);
    assert.equal(checker.checkCached('alice', 'secret'), undefined);
    assert.equal(await checker.check('alice', 'secret'), 'valid');
    assert.equal(checker.checkCached('alice', 'secret'), 'valid');
    assert.equal(await checker.check('alice', 'secret'), 'valid');
    assert.equal(checker.inputs.length, 1);
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
    const checker = new CheckerRig([await user('alice', 'secret')]);
    for (let attempt = 1; attempt <= 3; attempt++) {
      assert.equal(await checker.check('alice', 'guess'), 'invalid');
      assert.equal(checker.inputs.length, attempt);
    }
  });

  test('an unknown user costs the scrypt of a typical known one, and no password is right', async () => {
    const typical = { ln: 5, r: 8, p: 2 };
    const users = [await user('a', 'x'), await user('b', 'x', typical), await user('c', 'x', typical)];
    const checker = new CheckerRig(users);
    for (const password of ['x', '', 'secret']) assert.equal(await checker.check('mallory', password), 'invalid');
    assert.deepEqual(
      checker.inputs.map(({ verifier }) => parseScryptVerifier(verifier)?.cost),
      Array.from({ length: 3 }, () => typical),
    );
    assert.equal(checker.checkCached('mallory', 'x'), undefined);
  });

  test('an unknown user is invalid even with the password of its stand-in', async () => {
    const checker = new CheckerRig([], {}, false, { verify: () => Promise.resolve(true) });
    assert.equal(await checker.check('mallory', 'x'), 'invalid');
    assert.equal(await checker.check('mallory', 'x'), 'invalid');
    assert.equal(checker.counters.computations, 2);
  });

  test('without any user the cost is the default one', async () => {
    const checker = new CheckerRig([]);
    assert.equal(await checker.check('alice', 'secret'), 'invalid');
    assert.deepEqual(parseScryptVerifier(checker.inputs[0]?.verifier ?? '')?.cost, { ln: 15, r: 8, p: 3 });
  });

  test('remembered credentials end after their time', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { cacheTimeToLiveMs: 1000 });
    assert.equal(await rig.check('alice', 'secret'), 'valid');
    rig.nowMs = 999;
    assert.equal(rig.checkCached('alice', 'secret'), 'valid');
    rig.nowMs = 1000;
    assert.equal(rig.checkCached('alice', 'secret'), undefined);
    assert.equal(await rig.check('alice', 'secret'), 'valid');
    assert.equal(rig.inputs.length, 2);
  });

  test('the least recently used credentials make room, and are counted', async () => {
    const users = [await user('a', 'x'), await user('b', 'x'), await user('c', 'x')];
    const checker = new CheckerRig(users, { maxCachedCredentials: 2 });
    for (const { name } of users) assert.equal(await checker.check(name, 'x'), 'valid');
    assert.deepEqual(
      users.map(({ name }) => checker.checkCached(name, 'x')),
      [undefined, 'valid', 'valid'],
    );
    assert.equal(checker.counters.cacheEvictions, 1);
  });
});

suite('credential checker with several credentials', () => {
  test('any of them lets in, of whatever algorithm, and each only until its end', async () => {
    const verifiers = {
      scrypt: (await user('alice', 'one')).verifier,
      argon2id: await hashPasswordBy('argon2id', 'two'),
      // The password is `U*U`, from the test vectors of crypt_blowfish.
      bcrypt: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    };
    const rig = new CheckerRig([]);
    const alice = packed({
      name: 'alice',
      verifier: `${verifiers.scrypt}\n${verifiers.argon2id} 1000\n${verifiers.bcrypt}`,
    });
    rig.replacePacked([alice]);
    for (const password of ['one', 'two', 'U*U']) assert.equal(await rig.check('alice', password), 'valid', password);
    assert.equal(await rig.check('alice', 'three'), 'invalid');
    for (const password of ['one', 'two', 'U*U']) assert.equal(rig.checkCached('alice', password), 'valid', password);
    rig.unixMs = 1000;
    assert.equal(rig.checkCached('alice', 'two'), undefined);
    assert.equal(await rig.check('alice', 'two'), 'invalid');
    assert.equal(rig.checkCached('alice', 'one'), 'valid');
    rig.replacePacked([{ ...alice, credentials: verifiers.bcrypt }]);
    assert.equal(rig.checkCached('alice', 'one'), undefined);
    assert.equal(rig.checkCached('alice', 'U*U'), 'valid');
  });

  test('an unknown user, and one without a good credential, cost what most users do', async () => {
    const rig = new CheckerRig([]);
    const two = (await user('a', 'x')).verifier;
    const argon2id = (await hashPasswordBy('argon2id', 'y')).replace('m=19456,t=2', 'm=64,t=1');
    const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    const lines = `${two}\n${argon2id}\n${bcrypt}`;
    const names = ['a', 'b', 'c'];
    const known = names.map((name) => packed({ name, verifier: lines }));
    rig.replacePacked([
      ...known,
      packed({ name: 'none', verifier: '' }),
      packed({ name: 'old', verifier: `${two} 0` }),
    ]);
    for (const name of ['a', 'mallory', 'none', 'old']) {
      rig.inputs.length = 0;
      assert.equal(await rig.check(name, 'guess'), 'invalid');
      assert.deepEqual(
        rig.inputs.map(({ verifier }) => costProfileOf(verifier)),
        ['$scrypt$ln=4,r=8,p=1$', '$argon2id$v=19$m=64,t=1,p=1$', '$2a$05$'],
        name,
      );
      for (const { verifier } of rig.inputs) {
        const algorithm = verifierAlgorithmOf(verifier) ?? 'scrypt';
        assert.equal(
          textFormats[`${algorithm}-verifier`](verifier).kind,
          'valid',
          'a stand-in is computed like a real one',
        );
      }
    }
    assert.equal(rig.counters.failed, 0);
  });
});

suite('credential checker over reloads', () => {
  test('a changed verifier and a removed user are out at once, an unchanged one stays remembered', async () => {
    const [alice, bob, carol] = [await user('alice', 'one'), await user('bob', 'one'), await user('carol', 'one')];
    const checker = new CheckerRig([alice, bob, carol]);
    for (const name of ['alice', 'bob', 'carol']) assert.equal(await checker.check(name, 'one'), 'valid');
    checker.replaceUsers([{ ...alice }, await user('bob', 'two')]);
    assert.equal(checker.checkCached('alice', 'one'), 'valid');
    assert.equal(checker.checkCached('bob', 'one'), undefined);
    assert.equal(checker.checkCached('carol', 'one'), undefined);
    assert.equal(await checker.check('bob', 'one'), 'invalid');
    assert.equal(await checker.check('bob', 'two'), 'valid');
    assert.equal(await checker.check('carol', 'one'), 'invalid');
    assert.equal(checker.inputs.length, 6);
  });

  test('a user whose verifier comes back must be checked again', async () => {
    const alice = await user('alice', 'one');
    const checker = new CheckerRig([alice]);
    assert.equal(await checker.check('alice', 'one'), 'valid');
    checker.replaceUsers([]);
    checker.replaceUsers([alice]);
    assert.equal(checker.checkCached('alice', 'one'), undefined);
    assert.equal(await checker.check('alice', 'one'), 'valid');
  });

  test('a verdict that a reload overtakes is taken against the new verifier', async () => {
    const [before, after] = [await user('alice', 'one'), await user('alice', 'two')];
    const rig = new CheckerRig([before], {}, true);
    const [old, fresh] = [rig.check('alice', 'one'), rig.check('alice', 'two')];
    rig.replaceUsers([after]);
    rig.gate.open();
    assert.equal(await old, 'invalid');
    assert.equal(await fresh, 'valid');
    assert.equal(rig.checkCached('alice', 'one'), undefined);
  });

  test('a check after a reload does not share the run of one before it', async () => {
    const [before, after] = [await user('alice', 'one'), await user('alice', 'two')];
    const rig = new CheckerRig([before], {}, true);
    const early = rig.check('alice', 'two');
    rig.replaceUsers([after]);
    const late = rig.check('alice', 'two');
    rig.gate.open();
    assert.deepEqual(await Promise.all([early, late]), ['valid', 'valid']);
  });

  test('a check that a removal overtakes is invalid', async () => {
    const rig = new CheckerRig([await user('alice', 'one')], {}, true);
    const overtaken = rig.check('alice', 'one');
    rig.replaceUsers([]);
    rig.gate.open();
    assert.equal(await overtaken, 'invalid');
  });

  test('a verifier that does not parse lets nobody in', async () => {
    const checker = new CheckerRig([{ name: 'alice', verifier: 'secret' }]);
    assert.equal(await checker.check('alice', 'secret'), 'invalid');
  });
});

suite('credential checker under load', () => {
  test('equal checks at once share one run, others do not', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], {}, true);
    const equal = Array.from({ length: 50 }, () => rig.check('alice', 'secret'));
    const other = rig.check('alice', 'guess');
    rig.gate.open();
    assert.deepEqual(
      await Promise.all(equal),
      Array.from({ length: 50 }, () => 'valid'),
    );
    assert.equal(await other, 'invalid');
    assert.equal(rig.inputs.length, 2);
    assert.equal(rig.counters.shared, 49);
    assert.equal(rig.counters.computations, 2);
  });

  test('no more runs at once than allowed, and beyond the line the answer is overloaded', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 2, maxWaitingChecks: 3 }, true);
    const checks = Array.from({ length: 8 }, (_, index) => rig.check('alice', `guess ${index}`));
    assert.equal(rig.inputs.length, 2);
    assert.deepEqual(await Promise.all(checks.slice(5)), ['overloaded', 'overloaded', 'overloaded']);
    assert.equal(rig.counters.overloaded, 3);
    rig.gate.open();
    assert.deepEqual(
      await Promise.all(checks.slice(0, 5)),
      Array.from({ length: 5 }, () => 'invalid'),
    );
    assert.equal(await rig.check('alice', 'secret'), 'valid');
  });

  test('remembered credentials are served while the line is full', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 1, maxWaitingChecks: 0 }, true);
    const first = rig.check('alice', 'secret');
    rig.gate.open();
    assert.equal(await first, 'valid');
    const busy = rig.check('alice', 'guess');
    assert.equal(await rig.check('alice', 'other guess'), 'overloaded');
    assert.equal(rig.checkCached('alice', 'secret'), 'valid');
    assert.equal(await busy, 'invalid');
  });

  test('an abort ends the wait with its reason, and work nobody waits for is not begun', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')], { maxRunningChecks: 1 }, true);
    const running = rig.check('alice', 'guess');
    const [first, second] = [new AbortController(), new AbortController()];
    const alone = rig.check('alice', 'alone', first.signal);
    const given = rig.check('alice', 'secret', second.signal);
    const kept = rig.check('alice', 'secret');
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
    assert.equal(await rig.check('alice', 'alone'), 'invalid', 'a withdrawn check can be asked again');
  });

  test('a signal that is aborted already rejects before any work', async () => {
    const rig = new CheckerRig([await user('alice', 'secret')]);
    await assert.rejects(rig.check('alice', 'secret', AbortSignal.abort()), { name: 'AbortError' });
    assert.equal(rig.inputs.length, 0);
  });

  test('scrypt that cannot run is overload, counted, and says nothing of the password', async () => {
    const checker = new CheckerRig([await user('alice', 'hunter2')], {}, false, {
      verify: () => Promise.reject(new Error('no memory')),
    });
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
    assert.equal(await rig.check('alice', 'secret'), 'valid');
    isDone = true;
    assert.ok(turns > 10, `${turns} turns of the loop`);
  });
});
