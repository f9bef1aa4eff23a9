/**
 * One HTTP request on a connection of its own.
 */
import { request, type IncomingHttpHeaders } from 'node:http';
import { parseAddress } from '@sluice/testkit/address.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpQuestion {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to `host:port` and resolves with the whole answer. */
export async function httpGet(address: string, path: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  const { host, port } = parseAddress(address);
  const { method = 'GET', headers = {} } = question;
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
