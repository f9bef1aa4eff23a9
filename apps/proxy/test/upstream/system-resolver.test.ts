import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import type { IpAddress } from '../../src/routing/ip-address.ts';
import type { ResolveErrorCode } from '../../src/upstream/resolve-error.ts';
import type { ResolverLimits } from '../../src/upstream/resolver-limits.ts';
import { createSystemResolver, type SystemResolver } from '../../src/upstream/system-resolver.ts';

const never = new AbortController().signal;

/** The system's resolver with answers given by the test: its failures cannot be brought about on a real machine. */
class ScriptedSystem {
  readonly asked: string[] = [];
  nowMs = 0;
  #answer: (name: string) => Promise<readonly string[]> = () => Promise.resolve(['192.0.2.1']);

  answer(...texts: readonly string[]): void {
    this.#answer = () => Promise.resolve(texts);
  }

  fail(code: string): void {
    this.#answer = (name) => Promise.reject(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }));
  }

  /** Lookups from now on get no answer before the returned function is called. */
  hang(): (texts: readonly string[] | Promise<readonly string[]>) => void {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    this.#answer = () => promise;
    return resolve;
  }

  resolver(limits: Partial<ResolverLimits> = {}): SystemResolver {
    const lookup = (name: string): Promise<readonly string[]> => {
      this.asked.push(name);
      return this.#answer(name);
    };
    return createSystemResolver({ now: () => this.nowMs, lookup, limits });
  }
}

function texts(addresses: readonly IpAddress[] | undefined): readonly string[] | undefined {
  return addresses?.map(formatIpAddress);
}

function failsWith(code: ResolveErrorCode): { readonly name: string; readonly code: ResolveErrorCode } {
  return { name: 'ResolveError', code };
}

describe('createSystemResolver: the real system', () => {
  it('resolves a name of the hosts file and has it at hand after', async () => {
    const resolver = createSystemResolver({ now: () => performance.now() });
    const found = await resolver.resolve('localhost', 0, never);
    assert.ok(texts(found)?.some((text) => text === '127.0.0.1' || text === '::1'));
    assert.equal(resolver.cached('LocalHost', 0), found);
  });
});

describe('createSystemResolver: answers', () => {
  it("keeps the resolver's order and splits it by family", async () => {
    const system = new ScriptedSystem();
    system.answer('2001:db8::1', '192.0.2.1', '2001:db8::2');
    const resolver = system.resolver();
    assert.deepEqual(texts(await resolver.resolve('a.test', 0, never)), ['2001:db8::1', '192.0.2.1', '2001:db8::2']);
    assert.deepEqual(texts(await resolver.resolve('a.test', 4, never)), ['192.0.2.1']);
    assert.deepEqual(texts(resolver.cached('a.test', 6)), ['2001:db8::1', '2001:db8::2']);
    assert.deepEqual(system.asked, ['a.test']);
  });

  it('says NotFound for a family the name does not have', async () => {
    const resolver = new ScriptedSystem().resolver();
    await assert.rejects(resolver.resolve('a.test', 6, never), failsWith('NotFound'));
    assert.equal(resolver.cached('a.test', 6), undefined);
  });

  it('unwraps mapped addresses, leaves out zoned ones and takes 64 at most', async () => {
    const system = new ScriptedSystem();
    system.answer('::ffff:192.0.2.9', 'fe80::1%eth0', ...Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`));
    const found = texts(await system.resolver().resolve('a.test', 0, never));
    assert.deepEqual(found?.slice(0, 2), ['192.0.2.9', '10.0.0.0']);
    assert.equal(found.length, 64);
  });

  it('asks once for 100 callers at once, whatever the spelling of the name', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => resolver.resolve(index % 2 === 0 ? 'A.test' : 'a.TEST', 0, never)),
    );
    assert.deepEqual(new Set(answers).size, 1);
    assert.deepEqual(system.asked, ['a.test']);
  });

  it('never asks the system for an address or text that could be read as one', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    assert.deepEqual(texts(await resolver.resolve('10.0.0.1', 4, never)), ['10.0.0.1']);
    assert.deepEqual(texts(resolver.cached('2001:db8::7', 0)), ['2001:db8::7']);
    for (const host of [
      '127.1',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '2130706433',
      '[::1]',
      'fe80::1%lo',
      '127。0。0。1',
      '',
      'a b',
    ]) {
      await assert.rejects(resolver.resolve(host, 0, never), failsWith('NotFound'), host);
    }
    await assert.rejects(resolver.resolve('10.0.0.1', 6, never), failsWith('NotFound'));
    assert.deepEqual(system.asked, []);
  });
});

describe('createSystemResolver: time', () => {
  it('asks again after 5 s, and before that in the background while the name is in use', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    await resolver.resolve('a.test', 0, never);
    system.answer('192.0.2.2');
    system.nowMs = 3999;
    assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.1']);
    assert.equal(system.asked.length, 1);
    system.nowMs = 4000;
    assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.1']);
    await eventually(() => assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.2']));
    system.nowMs = 9000;
    assert.equal(resolver.cached('a.test', 0), undefined);
    assert.deepEqual(texts(await resolver.resolve('a.test', 0, never)), ['192.0.2.2']);
    assert.equal(system.asked.length, 3);
  });

  it('repeats a failure for 1 s without asking', async () => {
    const system = new ScriptedSystem();
    system.fail('ENOTFOUND');
    const resolver = system.resolver();
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('NotFound'));
    system.answer('192.0.2.1');
    system.nowMs = 999;
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('NotFound'));
    system.nowMs = 1000;
    assert.deepEqual(texts(await resolver.resolve('a.test', 0, never)), ['192.0.2.1']);
    assert.equal(system.asked.length, 2);
  });

  it('serves the old answer while the resolver fails, without waiting, and the new one when it is back', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    await resolver.resolve('a.test', 0, never);
    system.fail('EAI_AGAIN');
    system.nowMs = 60_000;
    assert.deepEqual(texts(await resolver.resolve('a.test', 0, never)), ['192.0.2.1']);
    assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.1']);
    assert.equal(system.asked.length, 2);
    system.answer('192.0.2.2');
    system.nowMs = 61_000;
    assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.1']);
    await eventually(() => assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.2']));
    assert.ok(resolver.stats().staleAnswers >= 3);
  });

  it('gives up an old answer after 5 minutes', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    await resolver.resolve('a.test', 0, never);
    system.fail('EAI_AGAIN');
    system.nowMs = 300_000;
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('Failed'));
  });

  it('does not serve an old answer for a name that is gone', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver();
    await resolver.resolve('a.test', 0, never);
    system.fail('ENOTFOUND');
    system.nowMs = 6000;
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('NotFound'));
  });
});

describe('createSystemResolver: a resolver that hangs', () => {
  it('says Timeout at the deadline, asks no second time meanwhile and uses the late answer', async () => {
    const system = new ScriptedSystem();
    const answerLate = system.hang();
    const resolver = system.resolver({ lookupTimeoutMs: 20 });
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('Timeout'));
    system.nowMs = 10_000;
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('Timeout'));
    assert.deepEqual(system.asked, ['a.test']);
    answerLate(['192.0.2.7']);
    await eventually(() => assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.7']));
    assert.equal(resolver.stats().timeouts, 1);
  });

  it('does not count or keep a failure that comes after the deadline has been one', async () => {
    const system = new ScriptedSystem();
    const answerLate = system.hang();
    const resolver = system.resolver({ lookupTimeoutMs: 20, maxConcurrentLookups: 1 });
    await assert.rejects(resolver.resolve('a.test', 0, never), failsWith('Timeout'));
    answerLate(Promise.reject(new Error('late')));
    system.answer('192.0.2.1');
    await resolver.resolve('b.test', 0, never);
    assert.equal(resolver.stats().failures, 1);
  });

  it('serves the old answer after the deadline, and at once from then on', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver({ lookupTimeoutMs: 20 });
    await resolver.resolve('a.test', 0, never);
    const answerLate = system.hang();
    system.nowMs = 6000;
    assert.deepEqual(texts(await resolver.resolve('a.test', 0, never)), ['192.0.2.1']);
    system.nowMs = 100_000;
    assert.deepEqual(texts(resolver.cached('a.test', 0)), ['192.0.2.1']);
    assert.equal(system.asked.length, 2);
    answerLate([]);
  });

  it('lets one caller go by its signal and keeps the lookup for the others', async () => {
    const system = new ScriptedSystem();
    const answer = system.hang();
    const resolver = system.resolver();
    const leaving = new AbortController();
    const gone = resolver.resolve('a.test', 0, leaving.signal);
    const staying = resolver.resolve('a.test', 0, never);
    leaving.abort(new Error('the client is gone'));
    await assert.rejects(gone, /the client is gone/);
    answer(['192.0.2.1']);
    assert.deepEqual(texts(await staying), ['192.0.2.1']);
    await assert.rejects(resolver.resolve('b.test', 0, leaving.signal), /the client is gone/);
  });
});

describe('createSystemResolver: bounds', () => {
  it('looks up so many at once, lets so many wait and refuses the rest as Overloaded', async () => {
    const system = new ScriptedSystem();
    const answer = system.hang();
    const resolver = system.resolver({ maxConcurrentLookups: 2, maxQueuedLookups: 3 });
    const running = Array.from({ length: 5 }, (_, index) => resolver.resolve(`n${index}.test`, 0, never));
    await assert.rejects(resolver.resolve('n5.test', 0, never), failsWith('Overloaded'));
    assert.deepEqual(system.asked, ['n0.test', 'n1.test']);
    answer(['192.0.2.1']);
    assert.equal((await Promise.all(running)).length, 5);
    assert.deepEqual(texts(await resolver.resolve('n5.test', 0, never)), ['192.0.2.1']);
    assert.equal(resolver.stats().overloads, 1);
  });

  it('does not look up what has waited past its deadline', async () => {
    const system = new ScriptedSystem();
    const answer = system.hang();
    const resolver = system.resolver({ maxConcurrentLookups: 1, lookupTimeoutMs: 20 });
    const outcomes = await Promise.allSettled(['a.test', 'b.test'].map((name) => resolver.resolve(name, 0, never)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    system.nowMs = 5000;
    answer(['192.0.2.1']);
    await eventually(() => assert.ok(resolver.cached('a.test', 0)));
    await resolver.resolve('c.test', 0, never);
    assert.deepEqual(system.asked, ['a.test', 'c.test']);
  });

  it('keeps so many names at most', async () => {
    const system = new ScriptedSystem();
    const resolver = system.resolver({ maxEntries: 10 });
    for (let index = 0; index < 50; index++) await resolver.resolve(`n${index}.test`, 0, never);
    const { entries, evictions, lookups } = resolver.stats();
    assert.deepEqual([entries, evictions, lookups], [10, 40, 50]);
  });

  it('counts a failure once and keeps its cause', async () => {
    const system = new ScriptedSystem();
    system.fail('EAI_FAIL');
    const resolver = system.resolver();
    await assert.rejects(resolver.resolve('a.test', 0, never), (error: unknown) => {
      assert.ok(error instanceof Error && error.cause instanceof Error);
      assert.match(error.message, /"a\.test".*EAI_FAIL/);
      return true;
    });
    assert.equal(resolver.stats().failures, 1);
  });
});
