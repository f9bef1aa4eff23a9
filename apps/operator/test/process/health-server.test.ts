import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import { type HealthAnswer, ListenError, startHealthServer } from '../../src/process/health-server.ts';
import { judgeLiveness, judgeReadiness, type WatchedCopy } from '../../src/process/watch-health.ts';

const copy = (name: string, sinceAnswerMs: number, hasSynced = true): WatchedCopy => ({
  name,
  hasSynced,
  sinceAnswerMs,
});

describe('the health of the operator', () => {
  it('is answered on a port of its own', async (t) => {
    let live: HealthAnswer = { isGood: true, reason: '' };
    const server = await startHealthServer(
      { host: '127.0.0.1', port: 0 },
      {
        liveness: () => live,
        readiness: () => ({ isGood: false, reason: 'Stopping' }),
        registry: createMetricsRegistry(),
        onError: assert.fail,
      },
    );
    t.after(async () => await server.close());
    const get = async (path: string, method = 'GET'): Promise<string> => {
      const answer = await fetch(`${server.url}${path}`, { method });
      return `${answer.status} ${(await answer.text()).slice(0, 60).trim()}`;
    };
    assert.equal(await get('/healthz'), '200 {"status":"Ok"}');
    live = { isGood: false, reason: 'stuck' };
    assert.equal(await get('/healthz'), '503 {"status":"NotAlive","reason":"stuck"}');
    assert.equal(await get('/readyz?verbose'), '503 {"status":"NotReady","reason":"Stopping"}');
    assert.match(await get('/metrics'), /^200 # HELP process_cpu/);
    assert.match(await get('/'), /^404/);
    assert.match(await get('/healthz', 'POST'), /^405/);
    const { port } = new URL(server.url);
    const taken = startHealthServer(
      { host: '127.0.0.1', port: Number(port) },
      { liveness: () => live, readiness: () => live, registry: createMetricsRegistry(), onError: assert.fail },
    );
    await assert.rejects(taken, ListenError);
  });

  it('is not alive when one copy is silent while another hears, and is when the API server is away', () => {
    assert.equal(judgeLiveness([copy('a', 700_000), copy('b', 10)]).isGood, false);
    assert.match(judgeLiveness([copy('a', 700_000), copy('b', 10)]).reason, /of a$/);
    assert.equal(judgeLiveness([copy('a', 700_000), copy('b', 800_000)]).isGood, true);
    assert.equal(judgeLiveness([copy('a', Number.POSITIVE_INFINITY, false), copy('b', 10)]).isGood, true);
    assert.equal(judgeLiveness([copy('a', 500_000), copy('b', 10)]).isGood, true);
  });

  it('is ready once every copy has been listed, until it stops', () => {
    const copies = [copy('a', 1), copy('b', 1, false)];
    assert.deepEqual(judgeReadiness(copies, false), { isGood: false, reason: 'not listed yet: b' });
    assert.equal(judgeReadiness([copy('a', 1)], false).isGood, true);
    assert.deepEqual(judgeReadiness([copy('a', 1)], true), { isGood: false, reason: 'Stopping' });
  });
});
