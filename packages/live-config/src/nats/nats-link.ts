/**
 * Keeps one connection to NATS, for ever: every connection is a new one, to the next server, with its files read again.
 * Nothing outlives a connection (no subscription, no unsent message), so nothing that was given up arrives later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { errorReason } from './error-reason.ts';
import { formatNatsAddress, type NatsAddress } from './nats-address.ts';
import type { NatsSettings } from './nats-config.ts';
import { openNatsConnection } from './open-connection.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

export interface NatsLinkOptions {
  readonly settings: NatsSettings;
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
  readonly onUp: (connection: NatsConnection) => void;
  /** The connection is gone. */
  readonly onDown: (reason: string) => void;
  /** An attempt to connect failed. */
  readonly onFailed: (reason: string) => void;
  /** The server refused a publish or a subscription; requests hear of it too. */
  readonly onServerError: (error: Error) => void;
}

/** A connection that lasted so long was not refused: the next attempt is a first one. */
const settledAfterMs = 5_000;

export class NatsLink {
  readonly #options: NatsLinkOptions;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: NatsLinkOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Resolves when no connection and no attempt is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { settings, random } = this.#options;
    const first = Math.floor(random() * settings.addresses.length);
    let attempt = 0;
    for (let round = first; !this.#closing.signal.aborted; round++) {
      const address = settings.addresses[round % settings.addresses.length];
      if (address === undefined) return;
      const lastedMs = await this.#connectOnce(address);
      attempt = lastedMs >= settledAfterMs ? 0 : attempt + 1;
      await this.#rest(reconnectDelayMs(attempt, settings.timing, random()));
    }
  }

  /** Resolves when the attempt failed or the connection is gone, with how long it was there. */
  async #connectOnce(address: NatsAddress): Promise<number> {
    const { settings, onUp, onDown, onFailed } = this.#options;
    const { signal } = this.#closing;
    const where = formatNatsAddress(address);
    let connection: NatsConnection;
    try {
      connection = await openNatsConnection(address, settings, signal);
    } catch (error) {
      if (!signal.aborted) onFailed(`connect to ${where}: ${errorReason(error)}`);
      return 0;
    }
    const startedMs = performance.now();
    const down = this.#untilDown(connection);
    onUp(connection);
    const reason = await down;
    onDown(`${where}: ${reason}`);
    await connection.close();
    return performance.now() - startedMs;
  }

  async #untilDown(connection: NatsConnection): Promise<string> {
    const { timing } = this.#options.settings;
    const { signal } = this.#closing;
    const stale = Promise.withResolvers<string>();
    const follow = async (): Promise<void> => {
      for await (const status of connection.status()) {
        if (status.type === 'error') this.#options.onServerError(status.error);
        // Known before the library has got rid of the socket of a server that no longer reads.
        if (status.type === 'staleConnection') {
          stale.resolve(`no answer to ${timing.maxPingsOut} pings, ${timing.pingIntervalMs} ms apart`);
        }
      }
    };
    const ended = async (): Promise<string> => {
      const error = await connection.closed();
      return error instanceof Error ? errorReason(error) : 'the connection ended';
    };
    const aborted = new Promise<string>((resolve) => {
      const onAbort = (): void => resolve('closed');
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      void connection.closed().then(() => signal.removeEventListener('abort', onAbort));
    });
    void follow();
    return await Promise.race([stale.promise, ended(), aborted]);
  }

  async #rest(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#closing.signal });
    } catch {
      // closed meanwhile
    }
  }
}
