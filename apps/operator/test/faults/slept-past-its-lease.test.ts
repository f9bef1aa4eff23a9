/** A leader that was stopped, or whose machine slept, for longer than its Lease holds: what it had begun is not its business any more. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { type OperatorLab, routeResource, startOperatorLab } from '../operator-lab.ts';
import { startJumpingOperator } from './jumping-operator.ts';

const to = { endpoints: [{ url: 'tcp://10.0.0.1:443' }] };
const named = (name: string): object => ({ match: { sni: [`${name}.example.com`] }, to });
/** More than the 15 s of the Lease. */
const sleptMs = 20_000;

/** From now on the Lease cannot be had again; the result allows it. */
function withholdLease({ kube }: OperatorLab): () => void {
  const refused = kube.faults.add(
    ({ verb, resource }) => resource.plural === 'leases' && !['get', 'list', 'watch'].includes(verb),
    { kind: 'Refuse', status: 500, reason: 'InternalError' },
  );
  return () => refused.remove();
}

async function untilLost(lab: OperatorLab): Promise<void> {
  await eventually(() => {
    assert.ok(lab.lines.some(({ msg, reason }) => msg === 'no longer leading' && reason === 'RenewFailed'));
  });
}

it('A leader that slept past its Lease writes no status before it has it again', async (t) => {
  const lab = await startOperatorLab(t);
  const clock = await startJumpingOperator(t, lab);
  await lab.put(routeResource, 'a', named('a'));
  // No proxy is there: that it is on its way is shown a little later, unless it lasts.
  await eventually(() => assert.ok(lab.store.read('routes.default=2Ea')), { intervalMs: 1 });
  const allow = withholdLease(lab);
  clock.freeze();
  assert.equal(lab.statusWrites, 0, 'the status was written before the leap: the test came too late');
  clock.jump(sleptMs);
  await untilLost(lab);
  await pause(500);
  assert.equal(lab.statusWrites, 0);
  allow();
  lab.proxy();
  await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready', { timeoutMs: 40_000 });
});

it('A leader that slept past its Lease publishes nothing before it has it again', async (t) => {
  const lab = await startOperatorLab(t);
  lab.proxy();
  const clock = await startJumpingOperator(t, lab);
  await lab.put(routeResource, 'a', named('a'));
  await lab.untilCondition(() => lab.route('a'), 'Ready', 'True Ready');
  const allow = withholdLease(lab);
  // The change has come to the process, which is stopped before it has done anything about it.
  clock.freeze();
  await lab.put(routeResource, 'b', named('b'));
  await pause(500);
  clock.jump(sleptMs);
  await untilLost(lab);
  await pause(500);
  assert.equal(lab.store.read('routes.default=2Eb'), null);
  allow();
  await lab.untilCondition(() => lab.route('b'), 'Ready', 'True Ready', { timeoutMs: 40_000 });
});
