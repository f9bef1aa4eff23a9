/**
 * Reads the body of a request into memory, within a size and a time, and parses it as JSON in UTF-8. Whether the value is one
 * the address takes is for the schema of the route.
 */
import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem-error.ts';

export interface BodyBounds {
  readonly maxBytes: number;
  /** From the first byte of the body to the last. */
  readonly timeoutMs: number;
}

export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The parsed body; rejects with a problem. */
export async function readJsonBody(stream: IncomingMessage, bounds: BodyBounds): Promise<JsonBody> {
  const bytes = await readBytes(stream, bounds);
  return { bytes, value: parseJson(bytes) };
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) {
    throw new ProblemError('malformed-request', { detail: 'The body is empty; send a JSON object' });
  }
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's message quotes the text, which may be a secret.
    throw new ProblemError('malformed-request', { detail: 'The body is not JSON in UTF-8; check its syntax' });
  }
}

function readBytes(stream: IncomingMessage, { maxBytes, timeoutMs }: BodyBounds): Promise<Buffer> {
  if (Number(stream.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => {
    const detail = `The body did not arrive within ${timeoutMs / 1000} s`;
    reject(new ProblemError('request-timeout', { detail }));
  }, timeoutMs);
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > maxBytes) reject(tooLarge(maxBytes));
    else chunks.push(chunk);
  };
  stream.on('data', onData);
  stream.once('end', () => resolve(Buffer.concat(chunks, length)));
  stream.once('error', () => reject(cutShort()));
  stream.once('close', () => reject(cutShort()));
  return promise.finally(() => {
    clearTimeout(timer);
    stream.off('data', onData);
  });
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('body-too-large', { detail: `The body is larger than ${maxBytes} bytes` });
}

function cutShort(): ProblemError {
  return new ProblemError('malformed-request', { detail: 'The body ended before its announced length' });
}
