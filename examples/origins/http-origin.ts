/** A plain HTTP/1.1 origin that says which one it is and what it was asked. */
import { createServer } from 'node:http';
import { type Origin, openOrigin } from './origin.ts';

export async function openHttpOrigin(name: string, port: number): Promise<Origin> {
  const server = createServer((request, response) => {
    response.end(`origin ${name}: ${request.method} ${request.url}\n`);
  });
  return await openOrigin(server, port);
}
