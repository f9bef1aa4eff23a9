/**
 * One client of a ledger: a ClientHello that carries its key, then counters, one burst every interval, until it has sent its
 * bursts or is told to finish; then it half-closes and reads to the end. Never rejects: what went wrong is in the ledger.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { buildClientHello } from './client-hello.ts';
import type { Ledger, LedgerRecord } from './ledger.ts';
import { pause } from './pause.ts';
import { SequenceReader, SequenceWriter } from './sequence-stream.ts';
import type { TcpTarget } from './tcp-client.ts';

export interface LedgerConnectionOptions {
  readonly target: TcpTarget;
  readonly serverName: string;
  /** Bursts of counters to send; 0 for no limit (`finish` ends it). */
  readonly bursts: number;
  readonly countersPerBurst: number;
  readonly intervalMs?: number;
  /** Ends a connection without limit in order. */
  readonly finish?: AbortSignal;
  /** For the end, once finished. */
  readonly endTimeoutMs?: number;
}

async function sendBursts(socket: Socket, record: LedgerRecord, options: LedgerConnectionOptions): Promise<void> {
  const writer = new SequenceWriter();
  const limit = options.bursts === 0 ? Number.POSITIVE_INFINITY : options.bursts;
  for (let burst = 0; burst < limit && options.finish?.aborted !== true && !socket.destroyed; burst += 1) {
    if (burst > 0) await pause(options.intervalMs ?? 0);
    const bytes = writer.next(options.countersPerBurst);
    record.sent(bytes.length);
    socket.write(bytes);
  }
  socket.end();
}

function receive(socket: Socket, record: LedgerRecord): Promise<void> {
  const reader = new SequenceReader();
  return new Promise((resolve) => {
    const over = (outcome: string): void => {
      record.closed(outcome);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => record.received(chunk.length, reader.add(chunk)));
    // An end that comes before ours is a cut: the origin ends only after the client has.
    socket.on('end', () => over(socket.writableEnded ? 'Ended' : 'ended early'));
    socket.on('error', (error) => over(error.message));
    socket.on('close', () => over('closed before the end'));
  });
}

/** Runs the connection to its end. */
export async function runLedgerConnection(ledger: Ledger, options: LedgerConnectionOptions): Promise<void> {
  const random = randomBytes(32);
  const record = ledger.open('Client', random.toString('hex'), options.serverName);
  const socket = connect({ host: options.target.host, port: options.target.port, allowHalfOpen: true, noDelay: true });
  socket.write(buildClientHello({ serverName: options.serverName, random }));
  const received = receive(socket, record);
  await sendBursts(socket, record, options);
  const timer = setTimeout(() => socket.destroy(new Error('no end in time')), options.endTimeoutMs ?? 10_000);
  await received;
  clearTimeout(timer);
  socket.destroy();
}
