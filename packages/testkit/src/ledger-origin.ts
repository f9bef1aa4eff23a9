/**
 * An upstream that keeps its side of a ledger: it reads the connection's key from the random of the ClientHello, checks the
 * counters that follow and answers with as many of its own.
 */
import type { Socket } from 'node:net';
import type { CleanupScope } from './cleanup-scope.ts';
import type { Ledger, LedgerRecord } from './ledger.ts';
import type { OpenServer } from './open-server.ts';
import { SequenceReader, SequenceWriter } from './sequence-stream.ts';
import { startTcpOrigin } from './tcp-origin.ts';

const recordHeaderBytes = 5;
/** Record header, handshake header, version: where the random begins. */
const randomOffset = recordHeaderBytes + 4 + 2;

class LedgerServing {
  readonly #socket: Socket;
  readonly #record: LedgerRecord;
  readonly #reader = new SequenceReader();
  readonly #writer = new SequenceWriter();
  #owedBytes = 0;

  constructor(socket: Socket, record: LedgerRecord) {
    this.#socket = socket;
    this.#record = record;
    socket.on('end', () => {
      socket.end();
      record.closed('Ended');
    });
    socket.on('error', (error) => record.closed(error.message));
    socket.on('close', () => record.closed('closed before the end'));
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#record.received(chunk.length, this.#reader.add(chunk));
    this.#owedBytes += chunk.length;
    const answer = this.#writer.next(Math.floor(this.#owedBytes / 8));
    this.#owedBytes %= 8;
    this.#record.sent(answer.length);
    this.#socket.write(answer);
  }
}

function serve(socket: Socket, ledger: Ledger, name: string): void {
  let head: Buffer = Buffer.alloc(0);
  let serving: LedgerServing | null = null;
  socket.on('data', (chunk: Buffer) => {
    if (serving !== null) {
      serving.add(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const helloBytes =
      head.length < recordHeaderBytes ? Number.POSITIVE_INFINITY : recordHeaderBytes + head.readUInt16BE(3);
    if (head.length < helloBytes) return;
    const key = head.subarray(randomOffset, randomOffset + 32).toString('hex');
    serving = new LedgerServing(socket, ledger.open('Origin', key, name));
    serving.add(head.subarray(helloBytes));
  });
}

/** Starts the server; `name` is its label in the ledger. */
export async function startLedgerOrigin(scope: CleanupScope, ledger: Ledger, name: string): Promise<OpenServer> {
  return await startTcpOrigin(scope, (socket) => serve(socket, ledger, name));
}
