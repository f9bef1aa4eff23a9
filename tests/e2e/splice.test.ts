/**
 * Splice as the kernel sees it: strace counts the calls, and makes them fail. Skipped, with the reason, where ptrace is not
 * permitted.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { exchangePatterns } from '@sluice/testkit/exchange-patterns.ts';
import { startHashingOrigin } from '@sluice/testkit/hashing-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { attachStrace, type StraceSession } from '@sluice/testkit/strace-session.ts';

const MiB = 1024 * 1024;

/** Exchanges `length` bytes each way under strace; returns what strace wrote, or null if it may not run. */
async function exchangeUnderStrace(t: TestContext, args: readonly string[], length: number): Promise<string | null> {
  const origin = await startHashingOrigin(t, { sendBytes: length });
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  const sluice = await startSluice(t, { config });
  const attached = await attachStrace(t, sluice.pid, args);
  if (attached.kind === 'notPermitted') {
    t.skip(`strace may not attach: ${attached.reason}`);
    return null;
  }
  const session: StraceSession = attached.session;
  const client = await exchangePatterns(t, sluice.address('edge'), { sendBytes: length, timeoutMs: 30_000 });
  const report = await origin.nextReport();
  assert.deepEqual(client.received, report.sent);
  assert.deepEqual(report.received, client.sent);
  return await session.finish();
}

function countCalls(summary: string, name: string): number {
  const line = summary.split('\n').find((candidate) => candidate.trimEnd().endsWith(` ${name}`));
  return Number(line?.trim().split(/\s+/u)[3] ?? 0);
}

test('a bulk transfer is spliced, not copied', async (t) => {
  const trace = '-e';
  const summary = await exchangeUnderStrace(t, ['-c', trace, 'trace=splice,recvfrom,sendto,read,write'], 64 * MiB);
  if (summary === null) return;
  const spliced = countCalls(summary, 'splice');
  assert.ok(spliced > 20, summary);
  const copied = countCalls(summary, 'recvfrom') + countCalls(summary, 'sendto');
  assert.ok(copied < spliced, summary);
});

for (const error of ['EINVAL', 'ENOSYS', 'EPERM', 'EOPNOTSUPP']) {
  test(`splice failing with ${error}, at the start or later, loses no byte`, async (t) => {
    for (const when of ['1', '2', '3', '8', '1+', '5+']) {
      const inject = `inject=splice:error=${error}:when=${when}`;
      const output = await exchangeUnderStrace(t, ['-e', 'trace=splice', '-e', inject], 6 * MiB);
      if (output === null) return;
      assert.match(output, /INJECTED/u, `no splice to fail (when=${when})`);
    }
  });
}

test('a spliced byte count cut short by a signal or a full pipe loses nothing', async (t) => {
  const output = await exchangeUnderStrace(
    t,
    ['-e', 'trace=splice', '-e', 'inject=splice:error=EINTR:when=2+3'],
    6 * MiB,
  );
  if (output !== null) assert.match(output, /INJECTED/u);
});
