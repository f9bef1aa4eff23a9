/** A TLS origin for HTTP/2 and HTTP/1.1 that says which one it is, what it was asked, and in which version of HTTP. */
import { createSecureServer } from 'node:http2';
import { type Origin, openOrigin } from './origin.ts';
import type { SelfSignedCertificate } from './self-signed-certificate.ts';

export async function openTlsOrigin(name: string, port: number, certificate: SelfSignedCertificate): Promise<Origin> {
  const { key, cert } = certificate;
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    response.end(`origin ${name}: ${request.method} ${request.url} HTTP/${request.httpVersion}\n`);
  });
  server.on('sessionError', () => {});
  return await openOrigin(server, port);
}
