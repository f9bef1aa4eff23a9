/** Publishing as a part of the service: when it begins, who is told of a change, and what metrics say about it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { registerScrapedMetric, type ScrapedMetric } from '@sluice/runtime/scraped-metric.ts';
import type { Database } from '../database/database.ts';
import { type OutboxBacklog, OutboxPublisher, type OutboxStats } from '../outbox/outbox-publisher.ts';
import { OutboxSignal } from '../outbox/outbox-signal.ts';

export interface UserPublishingConfig {
  readonly connectionString: string;
  readonly ackKey: Uint8Array | null;
}

export interface UserPublishingDeps {
  readonly database: Database;
  /** null: another process publishes, or none. */
  readonly bus: ConfigBus | null;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

const backlogEveryMs = 2_000;

export class UserPublishing {
  readonly #config: UserPublishingConfig;
  readonly #deps: UserPublishingDeps;
  readonly #signal: OutboxSignal;
  #publisher: OutboxPublisher | null = null;
  #backlog: OutboxBacklog = { rows: 0, oldestSeconds: 0 };
  #sampler: NodeJS.Timeout | null = null;

  constructor(config: UserPublishingConfig, deps: UserPublishingDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#signal = new OutboxSignal(deps.database);
  }

  /** Once the database has its tables. */
  start(): void {
    const { bus, database, logger, nowMs } = this.#deps;
    if (bus === null) {
      logger.warn('users are not published by this process: it has no bus');
      return;
    }
    const { connectionString, ackKey } = this.#config;
    const publisher = new OutboxPublisher(
      {
        connectionString,
        publisher: `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`,
        ...(ackKey === null ? {} : { ackKey }),
      },
      { database, bus, logger, nowMs, random: Math.random },
    );
    this.#publisher = publisher;
    this.#sampler = setInterval(() => void this.#sample(publisher), backlogEveryMs);
  }

  /** Something was committed here: this process looks at once, and so does whoever publishes. */
  wake(): void {
    this.#publisher?.wake();
    this.#signal.wake();
  }

  async close(): Promise<void> {
    if (this.#sampler !== null) clearInterval(this.#sampler);
    await this.#publisher?.close();
  }

  registerMetrics(registry: MetricsRegistry): void {
    const register = (
      name: string,
      { type, help }: Pick<ScrapedMetric, 'type' | 'help'>,
      value: (stats: OutboxStats) => number,
    ): void => {
      const read = (): { labels: Record<string, string>; value: number }[] => {
        const stats = this.#publisher?.stats;
        return stats === undefined ? [] : [{ labels: {}, value: value(stats) }];
      };
      registerScrapedMetric(registry, { name: `sluice_state_${name}`, help, type, read });
    };
    const gauge = (help: string): Pick<ScrapedMetric, 'type' | 'help'> => ({ type: 'gauge', help });
    const counter = (help: string): Pick<ScrapedMetric, 'type' | 'help'> => ({ type: 'counter', help });
    register('outbox_rows', gauge('Changes that no stored head counts in.'), () => this.#backlog.rows);
    register('outbox_lag_seconds', gauge('Age of the oldest of them.'), () => this.#backlog.oldestSeconds);
    register('publish_seconds', gauge('From the last change to its head.'), (stats) => stats.lastLagSeconds);
    register('published_changes_total', counter('Changes that a stored head counts in.'), (stats) => stats.coveredRows);
    register('publish_failures_total', counter('Attempts to publish that failed.'), (stats) => stats.failures);
    register('publisher_leader', gauge('1: this process publishes.'), (stats) => (stats.isLeader ? 1 : 0));
    register('published_users', gauge('Users in the range.'), (stats) => stats.publisher?.count ?? 0);
    register('live_proxies', gauge('Proxies that acknowledged lately.'), (stats) => stats.publisher?.liveProxies ?? 0);
  }

  async #sample(publisher: OutboxPublisher): Promise<void> {
    try {
      this.#backlog = await publisher.backlog();
    } catch {
      // The database is away: what was known last stands, and the pool's own metrics say why.
    }
  }
}
