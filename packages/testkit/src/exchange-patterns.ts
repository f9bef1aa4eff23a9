/**
 * The client's half of an exchange with a hashing origin: sends a pattern while it counts and hashes what comes back.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { CleanupScope } from './cleanup-scope.ts';
import { DigestStream, type StreamDigest } from './digest-stream.ts';
import { sendPattern } from './send-pattern.ts';
import type { TcpTarget } from './tcp-client.ts';
import { within } from './within.ts';

export interface ExchangeOptions {
  readonly sendBytes: number;
  readonly seed?: string;
  /** Bytes before the pattern (not hashed), for a listener that looks at the first bytes. */
  readonly preface?: Buffer;
  /** Read at most so many bytes a second: a slow reader. */
  readonly readBytesPerSecond?: number;
  readonly timeoutMs?: number;
}

export interface ExchangeReport {
  readonly sent: StreamDigest;
  readonly received: StreamDigest;
}

async function receiveDigest(socket: ReturnType<typeof connect>, bytesPerSecond: number): Promise<StreamDigest> {
  const digest = new DigestStream();
  const startedAt = performance.now();
  socket.on('data', (chunk: Buffer) => {
    digest.add(chunk);
    const aheadMs = (digest.bytes / bytesPerSecond) * 1_000 - (performance.now() - startedAt);
    if (aheadMs < 1) return;
    socket.pause();
    setTimeout(() => socket.resume(), aheadMs);
  });
  return await new Promise((resolve, reject) => {
    socket.on('end', () => resolve(digest.finish()));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`client: cut after ${digest.bytes} bytes received`)));
  });
}

/** Connects, sends and half-closes while receiving to the end; rejects when the connection is cut. */
export async function exchangePatterns(
  scope: CleanupScope,
  target: TcpTarget,
  options: ExchangeOptions,
): Promise<ExchangeReport> {
  const socket = connect({ host: target.host, port: target.port, allowHalfOpen: true });
  scope.after(() => void socket.destroy());
  const receiving = receiveDigest(socket, options.readBytesPerSecond ?? Number.POSITIVE_INFINITY);
  receiving.catch(() => {});
  await once(socket, 'connect');
  if (options.preface !== undefined) socket.write(options.preface);
  const sending = sendPattern(socket, options.seed ?? 'client', options.sendBytes).then((sent) => {
    socket.end();
    return sent;
  });
  const both = Promise.all([sending, receiving]);
  const [sent, received] = await within(options.timeoutMs ?? 60_000, 'the exchange', both);
  socket.destroy();
  return { sent, received };
}
