/** Registers the contract of the Kubernetes API as tests of one server. The same cases run against the real one and the fake. */
import { test } from 'node:test';
import type { CleanupScope } from '../../cleanup-scope.ts';
import type { KubeClient } from '../kube-client.ts';
import { applyCases } from './apply-cases.ts';
import type { ContractCase } from './contract-case.ts';
import { deleteCases } from './delete-cases.ts';
import { leaseCases } from './lease-cases.ts';
import { listCases } from './list-cases.ts';
import { watchCases } from './watch-cases.ts';
import { writeCases } from './write-cases.ts';

/** A server that serves the kind Widget. */
export interface ContractServer {
  readonly client: KubeClient;
  createNamespace(scope: CleanupScope): Promise<string>;
  forgetPast(): Promise<void>;
}

const cases: readonly ContractCase[] = [
  ...listCases,
  ...writeCases,
  ...deleteCases,
  ...applyCases,
  ...watchCases,
  ...leaseCases,
];

/** Why there is no server, or nobody who empties namespaces. */
export interface ContractSkips {
  readonly server: string | false;
  readonly controllers: string | false;
}

/** `open` is called for each case that is not skipped. */
export function runApiContract(
  open: () => Promise<ContractServer>,
  skips: ContractSkips = { server: false, controllers: false },
): void {
  // What forgets the past comes last: on a real server it is a restart.
  for (const { name, needsControllers = false, run } of cases.toSorted(
    (a, b) => Number(a.isDisruptive === true) - Number(b.isDisruptive === true),
  )) {
    test(name, { skip: skips.server || (needsControllers && skips.controllers) }, async (t) => {
      const server = await open();
      const namespace = await server.createNamespace(t);
      const widgets = `/apis/testing.sluice.dev/v1/namespaces/${namespace}/widgets`;
      await run({ client: server.client, namespace, widgets, forgetPast: () => server.forgetPast() });
    });
  }
}
