/** The answer to bytes that are no HTTP request: there is no route, no request object, only a socket. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemBody } from './problem-answer.ts';
import { ProblemError } from './problem-error.ts';

const broken = new ProblemError('malformed-request', { detail: 'The request is not HTTP/1.1 as RFC 9112 has it' });
const problems: Readonly<Record<string, ProblemError>> = {
  HPE_HEADER_OVERFLOW: new ProblemError('headers-too-large', { detail: 'The headers of the request are too large' }),
  ERR_HTTP_REQUEST_TIMEOUT: new ProblemError('request-timeout', { detail: 'The request did not arrive in time' }),
};

/** A listener of `clientError`; the connection ends, because where the next request begins is not known. */
export function answerBrokenRequest(error: Error, socket: Duplex): void {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problems[code] ?? broken;
  const body = JSON.stringify(problemBody(problem, randomUUID()));
  const head = [
    `HTTP/1.1 ${problem.statusCode} ${STATUS_CODES[problem.statusCode] ?? ''}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
