/** The state service of an all-in-one: on a PostgreSQL of its own, whose data, like pepper and key, is in one directory. */
import { join } from 'node:path';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { readOrMakePepper } from '@sluice/state-service/api-keys/pepper-file.ts';
import { openDatabaseSource } from '@sluice/state-service/process/database-source.ts';
import {
  type ListenAddress,
  type StateService,
  startStateService,
} from '@sluice/state-service/process/state-service.ts';
import { ensureAdminKeyFile } from './admin-key-file.ts';

export interface StateConfig {
  readonly directory: string;
  readonly listen: ListenAddress;
  readonly ackKey: Uint8Array | null;
}

export interface StateDeps {
  readonly bus: ConfigBus;
  readonly logger: Logger;
  readonly version: string;
}

export interface RunningState {
  readonly url: string;
  readonly adminKeyFile: string;
  /** Resolves with the reason when PostgreSQL ends, asked or not. */
  readonly ended: Promise<string>;
}

const drainMs = 1000;

/** Resolves when requests are served; all of it ends with `scope`. */
export async function startState(
  { directory, listen, ackKey }: StateConfig,
  deps: StateDeps,
  scope: AsyncDisposableStack,
): Promise<RunningState> {
  const adminKeyFile = await ensureAdminKeyFile(directory);
  const pepper = await readOrMakePepper(join(directory, 'pepper'));
  const database = await openDatabaseSource({ kind: 'Embedded', directory }, deps.logger);
  scope.defer(() => database.close());
  const { connectionString, exited } = database;
  const service = await startStateService(
    { connectionString, pepper, bootstrapKeyFile: adminKeyFile, listen, adminListen: null, tls: null, ackKey },
    { ...deps, nowMs: () => Date.now() },
  );
  scope.defer(() => stop(service));
  const ended = await Promise.race([service.prepared.then(() => null), exited]);
  if (ended !== null) throw new Error(ended);
  return { url: service.url, adminKeyFile, ended: exited };
}

async function stop(service: StateService): Promise<void> {
  await service.stop(drainMs);
}
