/**
 * A TCP client whose every act is explicit: send, finish (FIN), reset (RST), read so many bytes, read to the end. What the
 * other side did last is `outcome`: `Ended` (FIN), `Reset` (RST) or another error's code.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { formatAddress } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { within } from './within.ts';

/** `Ended` (FIN), `Reset` (RST), `Closed` (by this end) or the code of another error. */
export type TcpOutcome = string;

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

const defaultTimeoutMs = 20_000;

function outcomeOf(error: Error): TcpOutcome {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'Reset' : code;
}

export class TcpClient {
  readonly socket: Socket;
  /** Resolves once the other side has ended, reset, or the socket failed. */
  readonly outcome: Promise<TcpOutcome>;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #over = false;
  #localAddress = '';
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    this.outcome = new Promise((resolve) => {
      const over = (outcome: TcpOutcome): void => {
        this.#over = true;
        resolve(outcome);
        this.#notify();
      };
      socket.on('end', () => over('Ended'));
      socket.on('error', (error) => over(outcomeOf(error)));
      socket.on('close', () => over('Closed'));
    });
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
      this.#notify();
    });
  }

  /** This end as the access log writes it: `ip:port`. Known still when the socket is gone. */
  get localAddress(): string {
    const { localAddress, localPort } = this.socket;
    if (localAddress !== undefined && localPort !== undefined) {
      this.#localAddress = formatAddress({ host: localAddress, port: localPort });
    }
    return this.#localAddress;
  }

  send(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** Ends this direction; the other stays open. */
  finish(): void {
    this.socket.end();
  }

  /** Closes with RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Exactly `count` bytes; rejects when the stream ends before or after `timeoutMs`. */
  async receive(count: number, timeoutMs = defaultTimeoutMs): Promise<Buffer> {
    await this.#until(() => this.#buffered >= count, `${count} bytes`, timeoutMs);
    const all = this.#take();
    this.#chunks = [all.subarray(count)];
    this.#buffered = all.length - count;
    return all.subarray(0, count);
  }

  /** Text up to and including `marker`. */
  async receiveThrough(marker: string, timeoutMs = defaultTimeoutMs): Promise<string> {
    let at = -1;
    const found = (): boolean => {
      this.#chunks = [this.#take()];
      this.#buffered = this.#chunks[0]?.length ?? 0;
      at = this.#chunks[0]?.indexOf(marker) ?? -1;
      return at >= 0;
    };
    await this.#until(found, JSON.stringify(marker), timeoutMs);
    return (await this.receive(at + Buffer.byteLength(marker))).toString('latin1');
  }

  /** Everything until the other side ended or reset. */
  async receiveAll(timeoutMs = defaultTimeoutMs): Promise<Buffer> {
    await within(timeoutMs, 'the end of the stream', this.outcome);
    const all = this.#take();
    this.#chunks = [];
    this.#buffered = 0;
    return all;
  }

  /** What the other side did last, within `timeoutMs`. */
  async end(timeoutMs = defaultTimeoutMs): Promise<TcpOutcome> {
    return await within(timeoutMs, 'the end of the connection', this.outcome);
  }

  get buffered(): number {
    return this.#buffered;
  }

  #take(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #until(holds: () => boolean, what: string, timeoutMs: number): Promise<void> {
    const wait = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (holds()) resolve();
        else if (this.#over) reject(new Error(`ended before ${what}; had ${this.#buffered} bytes`));
        else return;
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
    await within(timeoutMs, what, wait);
  }
}

/** Connects and resolves with the client; the socket is destroyed in teardown. Rejects when the connect fails. */
export async function connectTcp(scope: CleanupScope, target: TcpTarget): Promise<TcpClient> {
  const socket = connect({
    host: target.host,
    port: target.port,
    allowHalfOpen: true,
    noDelay: true,
    ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }),
  });
  scope.after(() => void socket.destroy());
  const client = new TcpClient(socket);
  await within(defaultTimeoutMs, `a connection to ${target.host}:${target.port}`, once(socket, 'connect'));
  assert.notEqual(client.localAddress, '');
  return client;
}
