/**
 * What runs behind the node-pipe peer: waits for a whole ClientHello, looks its server name up, connects, replays the
 * bytes and joins the two sockets with pipe(). Trusts its input as far as a benchmark may; no deadline, no limit.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

const recordHeaderSize = 5;
const helloFixedSize = recordHeaderSize + 4 + 2 + 32;

/** The server name of a complete ClientHello record; undefined while bytes are missing, '' when there is no name. */
function serverName(bytes: Buffer): string | undefined {
  if (bytes.length < recordHeaderSize || bytes.length < recordHeaderSize + bytes.readUInt16BE(3)) return undefined;
  let at = helloFixedSize;
  at += 1 + bytes.readUInt8(at);
  at += 2 + bytes.readUInt16BE(at);
  at += 1 + bytes.readUInt8(at);
  const end = at + 2 + bytes.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = bytes.readUInt16BE(at);
    if (type === 0) return bytes.toString('latin1', at + 9, at + 9 + bytes.readUInt16BE(at + 7));
    at += 4 + bytes.readUInt16BE(at + 2);
  }
  return '';
}

function join(client: Socket, port: number, hello: Buffer): void {
  const upstream = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  const abandon = (): void => {
    client.destroy();
    upstream.destroy();
  };
  client.on('error', abandon);
  upstream.on('error', abandon);
  upstream.write(hello);
  client.pipe(upstream);
  upstream.pipe(client);
}

function serve(client: Socket, routes: ReadonlyMap<string, number>): void {
  let hello: Buffer = Buffer.alloc(0);
  const destroy = (): void => void client.destroy();
  const onData = (chunk: Buffer): void => {
    hello = hello.length === 0 ? chunk : Buffer.concat([hello, chunk]);
    const name = serverName(hello);
    if (name === undefined) return;
    const port = routes.get(name.toLowerCase());
    if (port === undefined) {
      client.destroy();
      return;
    }
    client.off('data', onData);
    client.off('error', destroy);
    client.off('end', destroy);
    client.pause();
    join(client, port, hello);
  };
  client.on('error', destroy);
  client.on('end', destroy);
  client.on('data', onData);
}

/** A server that leads each server name to its port on 127.0.0.1 and drops every other; the caller listens and closes. */
export function createNodePipeServer(routes: ReadonlyMap<string, number>): Server {
  return createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    serve(client, routes);
  });
}
