/**
 * Builds the HTTP answer that ends a connection: status, a short reason in plain text, `Connection: close`. The text is ours
 * alone; nothing the client sent is repeated in it, so there is nothing to escape.
 */

const reasonPhrases = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  413: 'Content Too Large',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
} as const;

export type HttpRefusalStatus = keyof typeof reasonPhrases;

/** The whole response. `text` is ASCII of at most 200 characters, `headerLine` one more header without its line end. */
export function httpRefusal(status: HttpRefusalStatus, text: string, headerLine?: string): Buffer {
  const body = `${text}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${reasonPhrases[status]}`,
    ...(headerLine === undefined ? [] : [headerLine]),
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}
