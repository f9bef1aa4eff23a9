/**
 * An operator that dies at one of its writes and is started again, while the users of the API go through a scenario that knows nothing
 * of it.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { FakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { type Operator, type OperatorSettings, startOperator } from '../../src/process/operator.ts';
import type { StateApi } from '../../src/users/state-api.ts';
import { homeNamespace, type OperatorLab } from '../operator-lab.ts';
import { type CrashPoint, CrashSwitch } from './crash-switch.ts';

export interface CrashRunOptions {
  readonly users?: OperatorSettings['users'];
  readonly openState?: () => StateApi;
}

const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${homeNamespace}/leases/sluice-operator`;

export class CrashRun {
  readonly lab: OperatorLab;
  readonly #options: CrashRunOptions;
  /** Of the first life. */
  readonly switch: CrashSwitch;
  readonly #switches: CrashSwitch[] = [];
  #stop: () => Promise<void> = () => Promise.resolve();
  #starts = 0;
  #restarting: Promise<void> = Promise.resolve();

  constructor(scope: CleanupScope, lab: OperatorLab, point: CrashPoint | null, options: CrashRunOptions = {}) {
    this.lab = lab;
    this.#options = options;
    this.switch = new CrashSwitch(point);
    scope.after(async () => await this.stop());
  }

  /** How often the operator was started. */
  get lives(): number {
    return this.#starts;
  }

  async start(): Promise<void> {
    await this.#live(this.switch);
    this.#restarting = this.switch.died.then(async () => {
      await this.#stop();
      await endLease(this.lab.kube);
      await this.#live(new CrashSwitch(null));
    });
    this.#restarting.catch(() => {}); // `settled` throws it
  }

  /** Resolves when it runs again, if it died. */
  async settled(): Promise<void> {
    if (this.switch.isDead) await this.#restarting;
  }

  async stop(): Promise<void> {
    await this.settled();
    await this.#stop();
  }

  /** What operators wrote to the API so far, but for the Lease. */
  apiWrites(): readonly string[] {
    const writes = this.lab.kube.requests(
      ({ verb, resource, fieldManager }) =>
        fieldManager.startsWith('sluice-operator') &&
        resource.plural !== 'leases' &&
        !['get', 'list', 'watch'].includes(verb),
    );
    return writes.map(({ verb, resource, subresource, name }) => `${verb} ${resource.plural}/${subresource} ${name}`);
  }

  /** Writes about users that were done, over all lives, in order of their names. */
  userWrites(): readonly string[] {
    const done = this.#switches.flatMap(({ writes, point }) =>
      writes.filter((_, index) => point?.side !== 'Before' || index + 1 !== point.atWrite),
    );
    return done.filter((write) => / user /.test(write)).toSorted();
  }

  async #live(crash: CrashSwitch): Promise<void> {
    this.#switches.push(crash);
    const { kube, store, logger } = this.lab;
    const { users = null, openState } = this.#options;
    // Where users are told of, no route is: what is put on the bus is a head every two seconds, of nothing.
    const bus = openState === undefined ? crash.guardBus(store.connect()) : store.connect();
    const state = openState === undefined ? null : crash.guardState(openState());
    const unguard = crash.guardKube(kube);
    this.#starts += 1;
    const operator: Operator = await startOperator(
      {
        kube: { kind: 'File', path: kube.kubeconfigPath },
        requestsPerSecond: 1000,
        namespaces: null,
        lease: { namespace: homeNamespace, name: 'sluice-operator' },
        identity: `operator-${this.#starts}-${randomUUID().slice(0, 8)}`,
        admin: { host: '127.0.0.1', port: 0 },
        ackKey: null,
        users,
      },
      { bus, state, clock: systemClock, logger, version: '0.0.0' },
    );
    this.#stop = async () => {
      this.#stop = () => Promise.resolve();
      await operator.stop(0);
      state?.close();
      await bus.close();
      unguard();
    };
  }
}

/** Fifteen seconds later: whoever held it is dead. */
async function endLease({ client }: FakeKube): Promise<void> {
  const { status, body } = await client.send(leasePath);
  if (status === 404) return;
  const { holderIdentity: _, ...spec } = body['spec'] as Readonly<Record<string, unknown>>;
  await client.call(leasePath, { method: 'PUT', body: { ...body, spec } });
}
