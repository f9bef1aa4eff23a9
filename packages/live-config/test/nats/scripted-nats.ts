/**
 * A NATS server that says exactly what a test tells it, on the wire: for what a real one does once in a million deliveries.
 * It answers the questions a bus asks (which bucket, make me a consumer) and hands each consumer to the test.
 */
import { createServer, type Socket } from 'node:net';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { openServer } from '@sluice/testkit/open-server.ts';

export interface ScriptedConsumer {
  /** A message of the stream, delivered as the `delivery`th of the consumer with `pending` behind it. */
  deliver(message: {
    readonly key: string;
    readonly sequence: number;
    readonly delivery: number;
    readonly pending: number;
  }): void;
  /** A message on the consumer's subject as if another client had sent it. */
  inject(key: string, reply: string): void;
  /** A status without a body: `100 Idle Heartbeat`, `409 Consumer Deleted`. */
  status(line: string, options?: { readonly reply?: string; readonly header?: string }): void;
}

export interface ScriptedNats {
  readonly address: string;
  /** Subjects the client published to, other than what is answered. */
  readonly published: readonly string[];
}

const info = { server_id: 'S', version: '2.15.2', proto: 1, headers: true, jetstream: true, max_payload: 1_048_576 };
const lineEnd = '\r\n';

/** `pending` is what the answer to the making of a consumer says; null: there is no answer. */
export async function startScriptedNats(
  scope: CleanupScope,
  pending: number | null,
  onConsumer: (consumer: ScriptedConsumer) => void,
): Promise<ScriptedNats> {
  const published: string[] = [];
  const place = await openServer(
    scope,
    createServer((socket) => {
      const client = new ScriptedClient(socket);
      client.onPublish = (subject, reply, body) => {
        if (subject.startsWith('$JS.API.STREAM.INFO.')) {
          client.answer(reply, { created: '2026-11-27T00:00:00Z', config: {}, state: {} });
        } else if (subject.startsWith('$JS.API.CONSUMER.CREATE.')) {
          const { config } = JSON.parse(body) as { readonly config: { readonly deliver_subject: string } };
          if (pending !== null) client.answer(reply, { num_pending: pending, delivered: { consumer_seq: 0 }, config });
          onConsumer(client.consumer(config.deliver_subject));
        } else published.push(subject);
      };
      client.send(`INFO ${JSON.stringify(info)}`);
    }),
  );
  return { address: `${place.host}:${place.port}`, published };
}

class ScriptedClient {
  readonly #socket: Socket;
  readonly #subscriptions = new Map<string, string>();
  #buffer = '';
  onPublish: (subject: string, reply: string, body: string) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.#buffer += chunk;
      while (this.#takeCommand());
    });
  }

  send(line: string): void {
    this.#socket.write(line + lineEnd);
  }

  answer(subject: string, body: object): void {
    const text = JSON.stringify(body);
    this.send(`MSG ${subject} ${this.#sidOf(subject)} ${text.length}${lineEnd}${text}`);
  }

  consumer(subject: string): ScriptedConsumer {
    const sid = this.#sidOf(subject);
    return {
      deliver: ({ key, sequence, delivery, pending }) => {
        const reply = `$JS.ACK.KV_sluice-config.c.1.${sequence}.${delivery}.1.${pending}`;
        this.send(`MSG $KV.sluice-config.${key} ${sid} ${reply} 1${lineEnd}1`);
      },
      inject: (key, reply) => this.send(`MSG $KV.sluice-config.${key} ${sid} ${reply} 1${lineEnd}1`),
      status: (line, { reply = '', header = '' } = {}) => {
        const head = `NATS/1.0 ${line}${lineEnd}${header === '' ? '' : header + lineEnd}${lineEnd}`;
        const to = reply === '' ? '' : `${reply} `;
        this.send(`HMSG ${subject} ${sid} ${to}${head.length} ${head.length}${lineEnd}${head}`);
      },
    };
  }

  /** Handles one command of what came; false: more has to come first. */
  #takeCommand(): boolean {
    const end = this.#buffer.indexOf(lineEnd);
    if (end === -1) return false;
    const [verb = '', ...words] = this.#buffer.slice(0, end).split(' ');
    let rest = end + lineEnd.length;
    let body = '';
    if (verb === 'PUB' || verb === 'HPUB') {
      const length = Number(words.at(-1));
      if (this.#buffer.length < rest + length + lineEnd.length) return false;
      body = this.#buffer.slice(rest, rest + length);
      rest += length + lineEnd.length;
    }
    this.#buffer = this.#buffer.slice(rest);
    this.#handle(verb, words, body);
    return true;
  }

  #handle(verb: string, words: readonly string[], body: string): void {
    const [subject = ''] = words;
    if (verb === 'PING') this.send('PONG');
    if (verb === 'SUB') this.#subscriptions.set(subject, words.at(-1) ?? '');
    if (verb === 'PUB') this.onPublish(subject, words.length === 3 ? (words[1] ?? '') : '', body);
  }

  #sidOf(subject: string): string {
    const wildcard = subject.replace(/[^.]+$/, '*');
    return this.#subscriptions.get(subject) ?? this.#subscriptions.get(wildcard) ?? '0';
  }
}
