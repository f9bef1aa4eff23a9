/**
 * How long a request's body is (RFC 9112 section 6), read from its head. Whatever leaves two readings open is invalid: several
 * Content-Length (equal ones too), lists, signs, both length and encoding, an encoding other than `chunked`.
 */
import { headerValues, type HttpRequestHead } from './http-request-head.ts';

export type BodyFraming =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Fifteen digits stay exact in a double. */
const contentLength = /^[0-9]{1,15}$/;

/** The framing of the request's body; no body is a length of 0. */
export function bodyFraming(head: HttpRequestHead): BodyFraming {
  const lengths = headerValues(head, 'content-length');
  const encodings = headerValues(head, 'transfer-encoding');
  if (encodings.length > 0) return chunkedFraming(head, encodings, lengths.length);
  if (lengths.length > 1) return invalid('more than one Content-Length');
  const [length = '0'] = lengths;
  if (!contentLength.test(length)) return invalid('a Content-Length that is not a number of bytes');
  return { kind: 'length', bytes: Number(length) };
}

function chunkedFraming(head: HttpRequestHead, encodings: readonly string[], lengths: number): BodyFraming {
  if (lengths > 0) return invalid('both Content-Length and Transfer-Encoding');
  if (head.minorVersion === 0) return invalid('Transfer-Encoding in HTTP/1.0');
  if (encodings.length > 1 || encodings[0]?.toLowerCase() !== 'chunked') {
    return invalid('a Transfer-Encoding other than chunked');
  }
  return { kind: 'chunked' };
}

function invalid(problem: string): BodyFraming {
  return { kind: 'invalid', problem };
}
