/**
 * Request heads that a strict HTTP/1 parser must refuse, each with the status it earns: one place for the parser and for both
 * protocols built on it. Latin-1 text; `name` says what is wrong.
 */
export interface MalformedHeadCase {
  readonly name: string;
  readonly text: string;
  readonly status: 400 | 431 | 505;
}

const line = 'CONNECT example.com:443 HTTP/1.1';

function requestLine(name: string, text: string, status: 400 | 505 = 400): MalformedHeadCase {
  return { name: `request line: ${name}`, text: `${text}\r\nHost: example.com\r\n\r\n`, status };
}

function header(name: string, text: string): MalformedHeadCase {
  return { name: `header: ${name}`, text: `${line}\r\n${text}\r\n\r\n`, status: 400 };
}

function raw(name: string, text: string, status: 400 | 431 = 400): MalformedHeadCase {
  return { name: `head: ${name}`, text, status };
}

const requestLines = [
  requestLine('two blanks before the target', 'CONNECT  example.com:443 HTTP/1.1'),
  requestLine('two blanks before the version', 'CONNECT example.com:443  HTTP/1.1'),
  requestLine('a tab as separator', 'CONNECT\texample.com:443 HTTP/1.1'),
  requestLine('a tab before the version', 'CONNECT example.com:443\tHTTP/1.1'),
  requestLine('a blank in front', ' CONNECT example.com:443 HTTP/1.1'),
  requestLine('a blank at the end', 'CONNECT example.com:443 HTTP/1.1 '),
  requestLine('a tab at the end', 'CONNECT example.com:443 HTTP/1.1\t'),
  requestLine('a blank inside the target', 'CONNECT example.com :443 HTTP/1.1'),
  requestLine('no target', 'CONNECT HTTP/1.1'),
  requestLine('an empty target', 'CONNECT  HTTP/1.1'),
  requestLine('no version', 'CONNECT example.com:443'),
  requestLine('no version but a blank', 'CONNECT example.com:443 '),
  requestLine('HTTP/0.9 form', 'GET /'),
  requestLine('only a method', 'CONNECT'),
  requestLine('an empty method', ' example.com:443 HTTP/1.1'),
  requestLine('a colon in the method', 'CON:NECT example.com:443 HTTP/1.1'),
  requestLine('a brace in the method', 'CON{NECT example.com:443 HTTP/1.1'),
  requestLine('a slash in the method', 'CON/NECT example.com:443 HTTP/1.1'),
  requestLine('a quote in the method', 'CON"NECT example.com:443 HTTP/1.1'),
  requestLine('a comma in the method', 'CONNECT,GET example.com:443 HTTP/1.1'),
  requestLine('an equals sign in the method', 'CON=NECT example.com:443 HTTP/1.1'),
  requestLine('an at sign in the method', 'CON@NECT example.com:443 HTTP/1.1'),
  requestLine('a byte beyond ASCII in the method', 'CONN\xc9CT example.com:443 HTTP/1.1'),
  requestLine('a byte beyond ASCII in the target', 'CONNECT ex\xe4mple.com:443 HTTP/1.1'),
  requestLine('a no-break space as separator', 'CONNECT\xa0example.com:443 HTTP/1.1'),
  requestLine('a lower-case version', 'CONNECT example.com:443 http/1.1'),
  requestLine('a mixed-case version', 'CONNECT example.com:443 Http/1.1'),
  requestLine('a version without a minor number', 'CONNECT example.com:443 HTTP/1'),
  requestLine('a version with a long minor number', 'CONNECT example.com:443 HTTP/1.10'),
  requestLine('a version with a long major number', 'CONNECT example.com:443 HTTP/01.1'),
  requestLine('a version with three numbers', 'CONNECT example.com:443 HTTP/1.1.1'),
  requestLine('a version with a comma', 'CONNECT example.com:443 HTTP/1,1'),
  requestLine('a version with a sign', 'CONNECT example.com:443 HTTP/+1.1'),
  requestLine('a version with a letter', 'CONNECT example.com:443 HTTP/1.x'),
  requestLine('a version with a blank inside', 'CONNECT example.com:443 HTTP/ 1.1'),
  requestLine('a version of another protocol', 'CONNECT example.com:443 HTTQ/1.1'),
  requestLine('a version of ICY', 'CONNECT example.com:443 ICY/1.1'),
  requestLine('a backslash in the version', 'CONNECT example.com:443 HTTP\\1.1'),
  requestLine('two versions', 'CONNECT example.com:443 HTTP/1.1 HTTP/1.1'),
  requestLine('two requests on a line', 'GET / HTTP/1.1 GET / HTTP/1.1'),
  requestLine('version 0.9', 'CONNECT example.com:443 HTTP/0.9', 505),
  requestLine('version 1.2', 'CONNECT example.com:443 HTTP/1.2', 505),
  requestLine('version 1.9', 'CONNECT example.com:443 HTTP/1.9', 505),
  requestLine('version 2.0', 'PRI * HTTP/2.0', 505),
  requestLine('version 3.0', 'CONNECT example.com:443 HTTP/3.0', 505),
];

const headers = [
  header('a blank before the colon', 'Host : example.com'),
  header('a tab before the colon', 'Host\t: example.com'),
  header('a blank before the colon of Content-Length', 'Content-Length : 0'),
  header('a blank before the colon of Transfer-Encoding', 'Transfer-Encoding : chunked'),
  header('a blank inside the name', 'X Y: z'),
  header('an empty name', ': value'),
  header('only a colon', ':'),
  header('a name without a colon', 'Host'),
  header('a name without a colon behind a good line', 'Host: example.com\r\nX-Broken'),
  header('a request line as header', 'Host: example.com\r\nGET / HTTP/1.1'),
  header('a folded line by a blank', 'X-A: b\r\n c'),
  header('a folded line by a tab', 'X-A: b\r\n\tc'),
  header('a folded line that is a header', 'X-A: b\r\n Transfer-Encoding: chunked'),
  header('a folded line of blanks', 'X-A: b\r\n  '),
  header('a folded first line', ' X-A: b'),
  header('a first line that begins with a tab', '\tX-A: b'),
  header('a parenthesis in the name', 'X(A): b'),
  header('a slash in the name', 'X/A: b'),
  header('an at sign in the name', 'X@A: b'),
  header('a bracket in the name', 'X[A]: b'),
  header('a brace in the name', 'X{A}: b'),
  header('a quote in the name', '"X-A": b'),
  header('a comma in the name', 'X,A: b'),
  header('a semicolon in the name', 'X;A: b'),
  header('an equals sign in the name', 'X=A: b'),
  header('a question mark in the name', 'X?A: b'),
  header('a backslash in the name', 'X\\A: b'),
  header('an angle bracket in the name', '<X>: b'),
  header('a byte beyond ASCII in the name', 'X-\xc4: b'),
  header('a no-break space before the colon', 'Host\xa0: example.com'),
  header('two Hosts', 'Host: example.com\r\nHost: example.org'),
  header('two equal Hosts', 'Host: example.com\r\nHost: example.com'),
  header('two Hosts in different case', 'Host: example.com\r\nhOST: example.com'),
  header('a Host with a blank', 'Host: example.com example.org'),
  header('a Host with a path', 'Host: example.com/path'),
  header('a Host with user info', 'Host: user@example.com'),
  header('a Host with a fragment', 'Host: example.com#x'),
  header('a Host with a query', 'Host: example.com?x'),
  header('a Host with a backslash', 'Host: example.com\\x'),
  header('a Host beyond ASCII', 'Host: ex\xe4mple.com'),
];

const controls = [0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f];

const controlHeads = controls.flatMap((code) => {
  const control = String.fromCharCode(code);
  const name = `control character ${code}`;
  return [
    raw(`${name} in the method`, `CON${control}NECT example.com:443 HTTP/1.1\r\n\r\n`),
    raw(`${name} in the target`, `CONNECT example.com${control}:443 HTTP/1.1\r\n\r\n`),
    raw(`${name} in a header name`, `${line}\r\nX${control}A: b\r\n\r\n`),
    raw(`${name} in a header value`, `${line}\r\nX-A: b${control}c\r\n\r\n`),
  ];
});

const lineEnds = [
  raw('a bare LF behind the request line', `${line}\nHost: example.com\r\n\r\n`),
  raw('a bare LF behind a header', `${line}\r\nHost: example.com\nX-A: b\r\n\r\n`),
  raw('bare LFs only', `${line}\nHost: example.com\n\n`),
  raw('a bare LF as the last line', `${line}\r\nHost: example.com\r\n\n`),
  raw('a bare LF in front', `\n${line}\r\n\r\n`),
  raw('an empty line in front', `\r\n${line}\r\n\r\n`),
  raw('nothing but an empty line', '\r\n'),
  raw('nothing but empty lines', '\r\n\r\n'),
  raw('a bare CR in the request line', 'CONNECT example.com:443\rHTTP/1.1\r\n\r\n'),
  raw('a bare CR in a header value', `${line}\r\nX-A: b\rTransfer-Encoding: chunked\r\n\r\n`),
  raw('a bare CR in front of a line end', `${line}\r\nX-A: b\r\r\n\r\n`),
  raw('a bare CR in a header name', `${line}\r\nX\rA: b\r\n\r\n`),
  raw('a bare CR in front of the empty line', `${line}\r\nX-A: b\r\n\r\r\n\r\n`),
  raw('8192 bytes without an end', `${line}\r\nX-A: ${'a'.repeat(8192 - line.length - 7)}`, 431),
  raw('a request line of 8192 bytes', `CONNECT ${'a'.repeat(8184)}`, 431),
  raw('an end one byte too late', `${line}\r\nX-A: ${'a'.repeat(8193 - line.length - 11)}\r\n\r\n`, 431),
  raw('101 header lines', `${line}\r\n${'X-A: b\r\n'.repeat(101)}\r\n`, 431),
];

export const malformedHeads: readonly MalformedHeadCase[] = [...requestLines, ...headers, ...controlHeads, ...lineEnds];
