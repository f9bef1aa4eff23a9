/** An origin that greets as an SSH server does (RFC 4253 section 4.2) and ends when the client has answered. */
import { createServer } from 'node:net';
import { type Origin, openOrigin } from './origin.ts';

export async function openSshBannerOrigin(name: string, port: number): Promise<Origin> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write(`SSH-2.0-origin_${name}\r\n`);
    socket.once('data', () => socket.end());
    socket.on('end', () => socket.end());
  });
  return await openOrigin(server, port);
}
