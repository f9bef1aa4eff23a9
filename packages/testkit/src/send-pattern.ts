/**
 * Writes a byte pattern to a socket with back-pressure and hashes what it wrote.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createBytePattern } from './byte-pattern.ts';
import { DigestStream, type StreamDigest } from './digest-stream.ts';

/** Sends `length` bytes of the pattern `seed` and does not end the direction; rejects when the socket closes before. */
export async function sendPattern(socket: Socket, seed: string, length: number): Promise<StreamDigest> {
  const digest = new DigestStream();
  for (const chunk of createBytePattern(seed, length)) {
    digest.add(chunk);
    if (socket.destroyed) throw new Error(`closed after ${digest.bytes} of ${length} bytes`);
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  return digest.finish();
}
