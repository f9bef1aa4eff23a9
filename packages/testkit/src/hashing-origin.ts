/**
 * An upstream that sends a pattern of a chosen length while it counts and hashes what it receives: both directions at once,
 * each ended on its own. The report of a connection resolves when the client's direction has ended.
 */
import type { Socket } from 'node:net';
import type { CleanupScope } from './cleanup-scope.ts';
import { DigestStream, type StreamDigest } from './digest-stream.ts';
import type { OpenServer, ServerPlace } from './open-server.ts';
import { sendPattern } from './send-pattern.ts';
import { startTcpOrigin } from './tcp-origin.ts';

export interface HashingOriginOptions extends ServerPlace {
  /** Bytes sent to each client. */
  readonly sendBytes: number;
}

export interface HashingReport {
  readonly sent: StreamDigest;
  readonly received: StreamDigest;
}

export interface HashingOrigin extends OpenServer {
  /** The report of the next connection to finish. */
  nextReport(): Promise<HashingReport>;
}

async function exchange(socket: Socket, sendBytes: number, ordinal: number): Promise<HashingReport> {
  const digest = new DigestStream();
  const received = new Promise<StreamDigest>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => digest.add(chunk));
    socket.on('end', () => resolve(digest.finish()));
    socket.on('close', () => reject(new Error(`origin: cut after ${digest.bytes} bytes received`)));
  });
  const sending = sendPattern(socket, `origin-${ordinal}`, sendBytes).then((sent) => {
    socket.end();
    return sent;
  });
  const [sentDigest, receivedDigest] = await Promise.all([sending, received]);
  return { sent: sentDigest, received: receivedDigest };
}

/** Starts the server. */
export async function startHashingOrigin(scope: CleanupScope, options: HashingOriginOptions): Promise<HashingOrigin> {
  const finished: Promise<HashingReport>[] = [];
  const waiting: ((report: Promise<HashingReport>) => void)[] = [];
  let ordinal = 0;
  const server = await startTcpOrigin(
    scope,
    (socket) => {
      ordinal += 1;
      const report = exchange(socket, options.sendBytes, ordinal);
      report.catch(() => {});
      const waiter = waiting.shift();
      if (waiter === undefined) finished.push(report);
      else waiter(report);
    },
    options,
  );
  return {
    ...server,
    nextReport: async () =>
      await (finished.shift() ?? new Promise<HashingReport>((resolve) => void waiting.push(resolve))),
  };
}
