/**
 * The service as a part of a process: opens its listeners, prepares the database, serves and publishes, and ends in order. Reads
 * no environment, no argument and no signal, so that another program can hold it, with a bus of its own.
 */
import { Server as TlsServer } from 'node:tls';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { createMetricsRegistry, type MetricsRegistry } from '@sluice/runtime/metrics.ts';
import type { Secret } from '@sluice/runtime/secret.ts';
import type { BootstrapResult } from '../api-keys/bootstrap-key.ts';
import { LastUseRecorder } from '../api-keys/last-use-recorder.ts';
import type { Pepper } from '../api-keys/pepper.ts';
import { createPostgresAuthenticator } from '../api-keys/postgres-authenticator.ts';
import { createPasswordHasher } from '../credentials/password-hasher.ts';
import { Database } from '../database/database.ts';
import { type DatabaseConfig, defaultDatabaseConfig } from '../database/database-config.ts';
import type { TlsIdentity } from '../http/application.ts';
import { createHealthApi } from '../http/health-api.ts';
import type { StateApp } from '../http/request-context.ts';
import { createRequestGate, type RequestGate } from '../http/request-gate.ts';
import { createServiceMetrics } from '../http/service-metrics.ts';
import { createStateApi } from '../http/state-api.ts';
import { defaultStateApiBounds, type StateApiBounds } from '../http/state-api-deps.ts';
import { type Maintenance, startMaintenance } from '../database/maintenance.ts';
import { createAcknowledgedUsers } from '../outbox/acknowledged-users.ts';
import { createPostgresStateStore, type PostgresStateStore } from '../repositories/postgres-state-store.ts';
import { registerDatabaseMetrics } from './database-metrics.ts';
import { ListenError } from './listen-error.ts';
import { prepareDatabase } from './prepare-database.ts';
import { createReadinessCheck } from './readiness-check.ts';
import { UserPublishing } from './user-publishing.ts';
import { within } from './within.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface StateServiceSettings {
  readonly connectionString: Secret;
  readonly pepper: Pepper;
  /** null: a key is made when there is none with scope admin. */
  readonly bootstrapKeyFile: string | null;
  /** A key to accept from the operator. */
  readonly operatorKeyFile?: string | null;
  readonly listen: ListenAddress;
  /** null: /healthz, /readyz and /metrics are on `listen`. */
  readonly adminListen: ListenAddress | null;
  readonly tls: TlsIdentity | null;
  /** Proxies sign acknowledgements with it; null: they do not. */
  readonly ackKey: Uint8Array | null;
  readonly bounds?: Partial<StateApiBounds>;
  readonly database?: Partial<Omit<DatabaseConfig, 'connectionString'>>;
}

export interface StateServiceDeps {
  /** Where users are published; null: nowhere. Closed by whoever opened it. */
  readonly bus: ConfigBus | null;
  readonly logger: Logger;
  readonly version: string;
  /** Unix time. */
  readonly nowMs: () => number;
}

export interface StateService {
  /** `http://127.0.0.1:9910` */
  readonly url: string;
  readonly adminUrl: string | null;
  /** Resolves when requests are served, or it was stopped; the key that was made, if one was. Rejects when they never will be. */
  readonly prepared: Promise<BootstrapResult | null>;
  /** Ends within `drainMs` and a little; how many requests were cut. */
  stop(drainMs: number): Promise<number>;
}

/** Listens at once and prepares the database behind that. Rejects with ListenError. */
export async function startStateService(settings: StateServiceSettings, deps: StateServiceDeps): Promise<StateService> {
  const service = new RunningService(settings, deps);
  try {
    await service.listen();
  } catch (error) {
    await service.stop(0);
    throw error;
  }
  void service.prepare();
  return service;
}

/** What a database that hangs may take from the end of the process. */
const closeDatabaseMs = 2_000;
/** For a probe that is being answered; a connection that says nothing more would last for ever. */
const closeHealthMs = 500;
const maintenanceEveryMs = 600_000;

class RunningService implements StateService {
  readonly #settings: StateServiceSettings;
  readonly #deps: StateServiceDeps;
  readonly #bounds: StateApiBounds;
  readonly #database: Database;
  readonly #store: PostgresStateStore;
  readonly #lastUse: LastUseRecorder;
  readonly #publishing: UserPublishing;
  readonly #gate: RequestGate;
  readonly #ending = new AbortController();
  readonly #preparing = Promise.withResolvers<BootstrapResult | null>();
  #api: StateApp | null = null;
  #health: StateApp | null = null;
  #maintenance: Maintenance | null = null;
  #isPrepared = false;
  #url = '';
  #adminUrl: string | null = null;

  constructor(settings: StateServiceSettings, deps: StateServiceDeps) {
    const { pepper, connectionString } = settings;
    this.#settings = settings;
    this.#deps = deps;
    this.#bounds = { ...defaultStateApiBounds, ...settings.bounds };
    this.#gate = createRequestGate(this.#bounds.maxActiveRequests);
    const database = { ...defaultDatabaseConfig, ...settings.database, connectionString: connectionString.reveal() };
    this.#database = new Database(database, { nowMs: () => performance.now() });
    this.#lastUse = new LastUseRecorder(this.#database);
    this.#publishing = new UserPublishing(
      { connectionString: connectionString.reveal(), ackKey: settings.ackKey },
      { ...deps, database: this.#database },
    );
    this.#store = createPostgresStateStore({
      database: this.#database,
      pepper,
      onCommitted: () => this.#publishing.wake(),
    });
    this.#preparing.promise.catch(() => {}); // whoever asks for `prepared` sees it
  }

  get url(): string {
    return this.#url;
  }

  get adminUrl(): string | null {
    return this.#adminUrl;
  }

  get prepared(): Promise<BootstrapResult | null> {
    return this.#preparing.promise;
  }

  async listen(): Promise<void> {
    const { listen, adminListen, tls } = this.#settings;
    const registry = createMetricsRegistry();
    registerDatabaseMetrics(registry, () => this.#database.stats);
    this.#publishing.registerMetrics(registry);
    const common = this.#commonDeps(registry);
    this.#api = await createStateApi(
      { bounds: this.#bounds, tls, hasHealthRoutes: adminListen === null },
      { ...common, ...this.#apiDeps() },
      registry,
    );
    this.#url = await bind(this.#api, 'listen', listen);
    if (adminListen === null) return;
    this.#health = await createHealthApi(this.#bounds, common, registry);
    this.#adminUrl = await bind(this.#health, 'admin-listen', adminListen);
  }

  async prepare(): Promise<void> {
    const { connectionString, bootstrapKeyFile, operatorKeyFile = null } = this.#settings;
    const preparation = {
      connectionString: connectionString.reveal(),
      bootstrapKeyFile,
      operatorKeyFile,
      signal: this.#ending.signal,
    };
    try {
      const result = await prepareDatabase(preparation, { store: this.#store, logger: this.#deps.logger });
      if (result !== null && !this.#ending.signal.aborted) this.#begin();
      this.#preparing.resolve(result);
    } catch (error) {
      this.#preparing.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async stop(drainMs: number): Promise<number> {
    this.#ending.abort();
    const cut = this.#api === null ? 0 : await this.#drain(this.#api, drainMs);
    await within(closeDatabaseMs, this.#publishing.close());
    await within(closeDatabaseMs, this.#closeDatabase());
    if (this.#health !== null) await this.#drain(this.#health, closeHealthMs);
    return cut;
  }

  /** What needs the tables. */
  #begin(): void {
    this.#isPrepared = true;
    this.#publishing.start();
    this.#maintenance = startMaintenance(maintenanceEveryMs, { database: this.#database, logger: this.#deps.logger });
  }

  #commonDeps(registry: MetricsRegistry) {
    const isDraining = (): boolean => this.#ending.signal.aborted;
    const isPrepared = (): boolean => this.#isPrepared;
    return {
      logger: this.#deps.logger,
      metrics: createServiceMetrics(registry, { activeRequests: () => this.#gate.active }),
      isDraining,
      isPrepared,
      readiness: createReadinessCheck({ database: this.#database, isDraining, isPrepared }),
    };
  }

  #apiDeps() {
    const { pepper, ackKey } = this.#settings;
    const { nowMs, version } = this.#deps;
    return {
      version,
      gate: this.#gate,
      store: this.#store,
      passwordHasher: createPasswordHasher(),
      rollouts: createAcknowledgedUsers(ackKey, this.#deps),
      authenticator: createPostgresAuthenticator({ database: this.#database, pepper, lastUse: this.#lastUse, nowMs }),
    };
  }

  /** Stops accepting, waits for the requests that are worked on, and cuts those that take too long. */
  async #drain(api: StateApp, drainMs: number): Promise<number> {
    const closed = api.close();
    if (await within(drainMs, closed)) return 0;
    const cut = this.#gate.active;
    api.server.closeAllConnections();
    await closed;
    return cut;
  }

  async #closeDatabase(): Promise<void> {
    await this.#maintenance?.close();
    await this.#lastUse.close();
    await this.#database.close();
  }
}

async function bind(app: StateApp, listener: string, { host, port }: ListenAddress): Promise<string> {
  try {
    const url = new URL(await app.listen({ host, port }));
    // Fastify looks at its own options for the scheme, and the server is not of its making.
    if (app.server instanceof TlsServer) url.protocol = 'https:';
    return url.origin;
  } catch (error) {
    throw new ListenError(listener, `${host}:${port}`, error);
  }
}
