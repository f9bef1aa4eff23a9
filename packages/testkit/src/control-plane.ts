/**
 * The control plane as it is run: a real Postgres, a real nats-server, the state service as processes of their own, and proxies that
 * take their users from them. Every part can be killed, paused and started again without the others.
 */
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { ControlledProxy, type ControlledProxyOptions } from './controlled-proxy.ts';
import { findLoopbackPorts } from './loopback-ports.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { type PostgresOptions, type PostgresServer, startPostgres, type TestDatabase } from './postgres-server.ts';
import type { ProgramProcess } from './program-process.ts';
import { StateClient } from './state-client.ts';
import { makeStateServiceSecrets, planStateService, type StateServiceSecrets } from './state-service-process.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

export interface ControlPlaneOptions {
  /** State services on the one Postgres; 1 unless given. */
  readonly services?: number;
  readonly postgres?: PostgresOptions;
}

export interface StateServiceOfPlane {
  readonly process: ProgramProcess;
  readonly url: string;
  readonly client: StateClient;
}

export interface ControlPlane {
  readonly directory: string;
  readonly postgres: PostgresServer;
  readonly database: TestDatabase;
  readonly nats: NatsServer;
  readonly services: readonly StateServiceOfPlane[];
  /** The first one's REST interface. */
  readonly client: StateClient;
  /** Starts a proxy; resolves when it is ready. */
  startProxy(name: string, options?: Partial<ControlledProxyOptions>): Promise<ControlledProxy>;
  /** A proxy that has not been started. */
  planProxy(name: string, options?: Partial<ControlledProxyOptions>): ControlledProxy;
}

/** Resolves when it serves. Its port is its own over restarts. */
async function startService(
  scope: CleanupScope,
  secrets: StateServiceSecrets,
  { database, nats }: Pick<ControlPlane, 'database' | 'nats'>,
): Promise<StateServiceOfPlane> {
  const { host, ports } = await findLoopbackPorts(1);
  const listen = `${host}:${ports[0] ?? 0}`;
  const args = ['--listen', listen, '--drain', '1', '--nats', nats.url];
  const process = planStateService(scope, secrets, { databaseUrl: database.url, args });
  await process.start();
  const url = `http://${listen}`;
  return { process, url, client: new StateClient(url, secrets.key) };
}

/** Starts all but proxies; resolves when the state services serve. Ask `whyNoNatsServer` first. */
export async function startControlPlane(scope: CleanupScope, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = await createTemporaryDirectory(scope);
  const [postgres, nats, secrets] = await Promise.all([
    startPostgres(scope, options.postgres),
    startNatsServer(scope),
    makeStateServiceSecrets(directory),
  ]);
  const database = await postgres.createDatabase();
  const services: StateServiceOfPlane[] = [];
  for (let count = options.services ?? 1; count > 0; count -= 1) {
    services.push(await startService(scope, secrets, { database, nats }));
  }
  const [first] = services;
  if (first === undefined) throw new Error('a control plane needs a state service');
  const planProxy = (name: string, more: Partial<ControlledProxyOptions> = {}): ControlledProxy =>
    new ControlledProxy(scope, { name, directory: join(directory, name), natsUrls: [nats.url], ...more });
  return {
    ...{ directory, postgres, database, nats, services, client: first.client, planProxy },
    startProxy: async (name, more) => {
      const proxy = planProxy(name, more);
      await proxy.start();
      return proxy;
    },
  };
}
