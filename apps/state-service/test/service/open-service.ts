/**
 * The service in this process over a real PostgreSQL, with a client for it, a log that is kept, and a bus in memory. One
 * server for a file, one database for each service.
 */
import { Secret } from '@sluice/runtime/secret.ts';
import { createMemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { PostgresServer } from '@sluice/testkit/postgres-server.ts';
import { Pepper } from '../../src/api-keys/pepper.ts';
import type { StateApiBounds } from '../../src/http/state-api-deps.ts';
import { type StateService, startStateService } from '../../src/process/state-service.ts';
import { keepLog, type KeptLog } from '../database/quiet-logger.ts';
import { ApiClient } from './api-client.ts';

const testPepper = new Pepper(Buffer.from('a pepper of more than thirty-two bytes'));

export interface OpenService {
  readonly service: StateService;
  /** With the bootstrap key. */
  readonly client: ApiClient;
  readonly log: KeptLog;
  readonly bus: ConfigBus;
  readonly connectionString: string;
}

export interface OpenServiceOptions {
  readonly bounds?: Partial<StateApiBounds>;
  readonly hasAdminListener?: boolean;
  /** A database that another service has prepared already. */
  readonly connectionString?: string;
  /** To be used with that database. */
  readonly key?: string;
  /** To read while it opens; a new one unless given. */
  readonly log?: KeptLog;
}

/** Resolves when it serves. */
export async function openService(
  scope: CleanupScope,
  postgres: PostgresServer,
  options: OpenServiceOptions = {},
): Promise<OpenService> {
  const connectionString = options.connectionString ?? (await postgres.createDatabase()).url;
  const log = options.log ?? keepLog();
  const bus = createMemoryStore().connect();
  const loopback = { host: '127.0.0.1', port: 0 };
  const service = await startStateService(
    {
      connectionString: new Secret(connectionString),
      pepper: testPepper,
      bootstrapKeyFile: null,
      listen: loopback,
      adminListen: options.hasAdminListener === true ? loopback : null,
      tls: null,
      ackKey: null,
      ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
    },
    { bus, logger: log.logger, version: '0.0.0-test', nowMs: Date.now },
  );
  scope.after(async () => {
    await service.stop(1_000);
    await bus.close();
  });
  const prepared = await service.prepared;
  const key = options.key ?? (prepared?.kind === 'Created' ? prepared.secret : null);
  if (key === null) throw new Error('the service made no key: give the one of the database');
  return { service, client: await ApiClient.connect(service.url, key), log, bus, connectionString };
}
