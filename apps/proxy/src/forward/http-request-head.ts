/**
 * Parses one HTTP/1 request head (RFC 9112 sections 2 to 5) out of a buffer that may still be growing. Strict on purpose: what
 * two parsers could read differently (bare LF, obs-fold, space before a colon, repeated Host) is refused, never repaired.
 * Invariant: the verdict depends on the head's bytes alone, not on how they were split over reads. Bodies are not its business
 * (http-body-framing.ts), nor is what the method means.
 */

const maxRequestHeadBytes = 8192;
const maxRequestHeaders = 100;

export interface HttpHeader {
  /** Lower case. */
  readonly name: string;
  /** Without surrounding blanks; bytes above 0x7f as Latin-1. */
  readonly value: string;
}

export interface HttpRequestHead {
  readonly method: string;
  /** As written: visible ASCII without blanks. */
  readonly target: string;
  readonly minorVersion: 0 | 1;
  readonly headers: readonly HttpHeader[];
}

/** How far a head was scanned, so that a byte-at-a-time client costs no rescans. Offsets count from the head's start. */
export interface HeadProgress {
  readonly scanned: number;
  readonly lineStart: number;
}

export type MalformedHead = {
  readonly kind: 'malformed';
  readonly status: 400 | 431 | 505;
  readonly problem: string;
};

export type HeadVerdict =
  | { readonly kind: 'head'; readonly head: HttpRequestHead; readonly length: number }
  | { readonly kind: 'needMore'; readonly progress: HeadProgress }
  | MalformedHead;

export const headStart: HeadProgress = { scanned: 0, lineStart: 0 };

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP\/([0-9]\.[0-9])$/;
/** The characters of uri-host and port (RFC 3986 section 3.2.2); the value itself decides nothing here. */
const hostValue = /^[A-Za-z0-9\-._~!$&'()*+,;=:%[\]]*$/;

/** Parses the head at `start`, going on from `progress`. Never throws. */
export function parseRequestHead(bytes: Buffer, start: number, end: number, progress: HeadProgress): HeadVerdict {
  const view = bytes.subarray(start, Math.min(end, start + maxRequestHeadBytes));
  const scan = scanHead(view, progress);
  if (scan.kind !== 'complete') return scan;
  if (hasForbiddenControl(view, scan.length)) return malformed('a control character in the head');
  // The two empty lines at the end are the last header's line end and the head's own.
  return parseLines(view.toString('latin1', 0, scan.length - 4).split('\r\n'), scan.length);
}

/** All values of a header, in order; the name in lower case. */
export function headerValues(head: HttpRequestHead, name: string): string[] {
  const values: string[] = [];
  for (const header of head.headers) {
    if (header.name === name) values.push(header.value);
  }
  return values;
}

function malformed(problem: string, status: 400 | 431 | 505 = 400): MalformedHead {
  return { kind: 'malformed', status, problem };
}

type Scan = { kind: 'complete'; length: number } | { kind: 'needMore'; progress: HeadProgress } | MalformedHead;

function scanHead(view: Buffer, progress: HeadProgress): Scan {
  let { lineStart, scanned } = progress;
  for (;;) {
    const lineEnd = view.indexOf(lineFeed, scanned);
    if (lineEnd === -1) break;
    if (lineEnd === 0 || view[lineEnd - 1] !== carriageReturn) return malformed('a line that does not end in CRLF');
    if (lineEnd - 1 === lineStart) {
      return lineStart === 0 ? malformed('an empty request line') : { kind: 'complete', length: lineEnd + 1 };
    }
    lineStart = lineEnd + 1;
    scanned = lineStart;
  }
  if (view.length >= maxRequestHeadBytes) return malformed('a head longer than 8192 bytes', 431);
  return { kind: 'needMore', progress: { scanned: view.length, lineStart } };
}

/** Controls other than tab, and a CR that is not the first half of a line end (RFC 9112 section 2.2, RFC 9110 section 5.5). */
function hasForbiddenControl(view: Buffer, length: number): boolean {
  for (let at = 0; at < length; at++) {
    const byte = view[at] ?? 0;
    if (byte >= 0x20 && byte !== 0x7f) continue;
    if (byte === tab || byte === lineFeed) continue;
    if (byte !== carriageReturn || view[at + 1] !== lineFeed) return true;
  }
  return false;
}

function parseLines(lines: readonly string[], length: number): HeadVerdict {
  const request = requestLine.exec(lines[0] ?? '');
  if (request === null) return malformed('a request line that is not METHOD SP TARGET SP HTTP/1.1');
  const [, method = '', target = '', version] = request;
  if (version !== '1.0' && version !== '1.1') return malformed('an HTTP version other than 1.0 and 1.1', 505);
  if (lines.length - 1 > maxRequestHeaders) return malformed('more than 100 header lines', 431);
  const headers = parseHeaders(lines);
  if (typeof headers === 'string') return malformed(headers);
  const head: HttpRequestHead = { method, target, minorVersion: version === '1.0' ? 0 : 1, headers };
  const problem = hostProblem(headerValues(head, 'host'));
  return problem === undefined ? { kind: 'head', head, length } : malformed(problem);
}

/** A string says what is wrong. */
function parseHeaders(lines: readonly string[]): HttpHeader[] | string {
  const headers: HttpHeader[] = [];
  for (let at = 1; at < lines.length; at++) {
    const header = parseHeaderLine(lines[at] ?? '');
    if (typeof header === 'string') return header;
    headers.push(header);
  }
  return headers;
}

function hostProblem(hosts: readonly string[]): string | undefined {
  if (hosts.length > 1) return 'more than one Host header';
  return hostValue.test(hosts[0] ?? '') ? undefined : 'a Host header that is not host or host:port';
}

function parseHeaderLine(line: string): HttpHeader | string {
  if (line.startsWith(' ') || line.startsWith('\t')) return 'a folded header line';
  const colon = line.indexOf(':');
  if (colon === -1) return 'a header line without a colon';
  const name = line.slice(0, colon);
  if (!token.test(name)) return 'a header name that is not a token';
  return { name: name.toLowerCase(), value: trimBlanks(line, colon + 1) };
}

/** Trims SP and HTAB only: String.trim would take Latin-1's NBSP along, a regular expression is quadratic on long blanks. */
function trimBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === tab;
}
