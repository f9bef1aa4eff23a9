/**
 * The server side of PostgreSQL's protocol up to one moment that a real server shows only by chance: it lets a client in and ends
 * the connection in the same segment, as a backend does whose server is killed while it starts.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const authenticationOk = message('R', Buffer.alloc(4));
const readyForQuery = message('Z', Buffer.from('I'));
const fatal = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
);

/** Answers with the URL of its database. */
export async function startDyingPostgres(scope: CleanupScope): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the client may be quicker to leave
    socket.once('data', () => socket.end(Buffer.concat([authenticationOk, readyForQuery, fatal])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return `postgres://sluice@127.0.0.1:${port}/dying`;
}
