/** An operator on the machine's clock with leaps, so that ten minutes pass in a test at once. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { startOperator } from '../../src/process/operator.ts';
import { homeNamespace, type OperatorLab } from '../operator-lab.ts';
import { JumpingClock } from './jumping-clock.ts';

/** Resolves with its clock. */
export async function startJumpingOperator(scope: CleanupScope, lab: OperatorLab): Promise<JumpingClock> {
  const clock = new JumpingClock();
  const bus = lab.store.connect();
  const operator = await startOperator(
    {
      kube: { kind: 'File', path: lab.kube.kubeconfigPath },
      requestsPerSecond: 1000,
      namespaces: null,
      lease: { namespace: homeNamespace, name: 'sluice-operator' },
      identity: 'jumping',
      admin: { host: '127.0.0.1', port: 0 },
      ackKey: null,
      users: null,
    },
    { bus, state: null, clock, logger: lab.logger, version: '0.0.0' },
  );
  scope.after(async () => {
    await operator.stop(0);
    await bus.close();
  });
  return clock;
}
