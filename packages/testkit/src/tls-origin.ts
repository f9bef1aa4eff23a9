/**
 * A TLS upstream on node:tls with its own certificate. To the end of a request header it answers as HTTP/1.1 would, so that
 * curl, openssl s_client and node:tls all read which origin they reached, under which name and with which ALPN.
 */
import { createServer, type TLSSocket } from 'node:tls';
import type { CleanupScope } from './cleanup-scope.ts';
import { type OpenServer, openServer, type ServerPlace } from './open-server.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

export interface TlsOriginOptions extends ServerPlace {
  readonly name: string;
  readonly serverNames: readonly string[];
  readonly alpn?: readonly string[];
}

export interface TlsOrigin extends OpenServer {
  readonly certPath: string;
}

function answer(socket: TLSSocket, name: string): void {
  const serverName = typeof socket.servername === 'string' ? socket.servername : '';
  const body = `origin=${name} sni=${serverName} alpn=${socket.alpnProtocol || ''}\n`;
  socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
}

/** Starts a TLS server that answers each request with `origin=NAME sni=… alpn=…`. */
export async function startTlsOrigin(scope: CleanupScope, options: TlsOriginOptions): Promise<TlsOrigin> {
  const certificate = await createSelfSignedCertificate(scope, options.serverNames);
  const server = createServer(
    { key: certificate.key, cert: certificate.cert, ALPNProtocols: [...(options.alpn ?? ['h2', 'http/1.1'])] },
    (socket) => {
      let seen = '';
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString('latin1');
        if (seen.includes('\r\n\r\n')) answer(socket, options.name);
      });
    },
  );
  server.on('tlsClientError', () => {});
  return { ...(await openServer(scope, server, options)), certPath: certificate.certPath };
}
