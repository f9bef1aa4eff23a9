/** The lane of the suite `kube`, with searches and servers of the test's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KubeLane, type KubeLaneDependencies, openKubeLane } from '../../test-runner/kube-lane.ts';

const found = { directory: '/programs', lane: 'Kubernetes 1.36.3 built from its modules' };

async function open(
  dependencies: Partial<KubeLaneDependencies>,
): Promise<{ lane: KubeLane; lines: readonly string[] }> {
  const lines: string[] = [];
  const lane = await openKubeLane({
    search: () => Promise.resolve(found),
    serve: () => Promise.resolve({ stateDirectory: '/state', stop: () => Promise.resolve() }),
    report: (line) => lines.push(line),
    patienceMs: 60_000,
    ...dependencies,
  });
  return { lane, lines };
}

describe('openKubeLane', () => {
  it('says in one line which server it is, and tells the files where it is', async () => {
    const { lane, lines } = await open({});
    assert.deepEqual(lines, ['kube: Kubernetes 1.36.3 built from its modules']);
    assert.deepEqual([lane.environment, lane.hasFailed], [{ SLUICE_KUBE_STATE: '/state' }, false]);
  });

  it('says why there is none, and tells the files, which then skip', async () => {
    const { lane, lines } = await open({ search: () => Promise.resolve({ missing: 'no Go' }) });
    assert.deepEqual(lines, ['kube: skipped: no Go']);
    assert.deepEqual([lane.environment, lane.hasFailed], [{ SLUICE_KUBE_MISSING: 'no Go' }, false]);
  });

  it('has failed when the server does not come up', async () => {
    const { lane } = await open({ serve: () => Promise.reject(new Error('port taken')) });
    assert.deepEqual([lane.line, lane.hasFailed], ['kube: failed: port taken', true]);
  });

  it('says that it builds when the search takes its time', async () => {
    const searched = Promise.withResolvers<typeof found>();
    const { lines } = await open({
      search: () => searched.promise,
      patienceMs: 0,
      report: (line) => {
        if (line.startsWith('kube: building')) searched.resolve(found);
      },
    });
    assert.deepEqual(lines, []);
  });
});
