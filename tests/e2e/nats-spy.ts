/**
 * Somebody who sees every message of an account, on the protocol itself: what a subscriber of `>` is sent, headers and all.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';

export interface SeenMessage {
  readonly subject: string;
  /** Headers included. */
  readonly text: string;
}

export interface SpyPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export class NatsSpy {
  readonly #messages: SeenMessage[] = [];
  #rest = Buffer.alloc(0);
  #isSubscribed = false;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      while (this.#takeOne(socket));
    });
    socket.on('error', () => {}); // the server is killed in the test
  }

  get messages(): readonly SeenMessage[] {
    return this.#messages;
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  /** `MSG subject sid [reply] bytes` or `HMSG subject sid [reply] header-bytes bytes`, then the bytes. */
  #takeOne(socket: Socket): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end < 0) return false;
    const words = this.#rest.toString('utf8', 0, end).split(' ');
    const [verb, subject = ''] = words;
    if (verb === 'MSG' || verb === 'HMSG') {
      const length = Number(words.at(-1));
      if (this.#rest.length < end + 2 + length + 2) return false;
      this.#messages.push({ subject, text: this.#rest.toString('utf8', end + 2, end + 2 + length) });
      this.#rest = this.#rest.subarray(end + 2 + length + 2);
      return true;
    }
    if (verb === 'PING') socket.write('PONG\r\n');
    if (verb === 'PONG') this.#isSubscribed = true;
    this.#rest = this.#rest.subarray(end + 2);
    return true;
  }
}

/** Resolves when it sees everything that is published from then on. */
export async function startNatsSpy(scope: CleanupScope, { host, port, user, password }: SpyPlace): Promise<NatsSpy> {
  const socket = connect({ host, port });
  scope.after(() => {
    socket.destroy();
  });
  const spy = new NatsSpy(socket);
  await once(socket, 'connect');
  const options = { verbose: false, pedantic: false, headers: true, user, pass: password };
  socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB > 1\r\nPING\r\n`);
  await eventually(() => {
    if (!spy.isSubscribed) throw new Error('the spy has not subscribed');
  });
  return spy;
}
