/**
 * The bytes of a health answer: status, `OK`, and what keeps caches and keep-alive clients right. Made once for each variant.
 */

const body = 'OK\n';

function response(connectionLine: string, sentBody: string): Buffer {
  const head = [
    'HTTP/1.1 200 OK',
    'Content-Type: text/plain',
    'Cache-Control: no-store',
    // HEAD announces the length GET would have (RFC 9110 section 8.6).
    `Content-Length: ${body.length}`,
    connectionLine,
  ];
  return Buffer.from(`${head.filter((line) => line !== '').join('\r\n')}\r\n\r\n${sentBody}`, 'latin1');
}

function variants(connectionLine: string): { readonly get: Buffer; readonly head: Buffer } {
  return { get: response(connectionLine, body), head: response(connectionLine, '') };
}

/** Shared constants: send them, never write to them. */
export const healthResponse = {
  /** HTTP/1.1 keeps the connection without saying so. */
  persistent: variants(''),
  /** HTTP/1.0 keeps it only when both say so. */
  keepAlive: variants('Connection: keep-alive'),
  closing: variants('Connection: close'),
} as const;

export const continueResponse: Buffer = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
