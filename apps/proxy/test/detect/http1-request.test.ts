import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHttp1Request } from '../../src/detect/http1-request.ts';
import { decidedAfter, kindOf } from './verdict-of-text.ts';

describe('parseHttp1Request', () => {
  const requestLines: readonly string[] = [
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.0\r\n',
    'GET / HTTP/1.0\n',
    'OPTIONS * HTTP/1.1\r\n',
    'CONNECT origin.example:443 HTTP/1.1\r\n',
    'GET http://origin.example/path?q=1 HTTP/1.1\r\n',
    'M-SEARCH * HTTP/1.1\r\n',
    "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n",
    'get / HTTP/1.1\r\n',
    'GET /b\xfccher HTTP/1.1\r\n',
    '\r\nGET / HTTP/1.1\r\n',
    '\nGET / HTTP/1.1\r\n',
  ];
  for (const line of requestLines) {
    it(`decides at the end of the request line: ${JSON.stringify(line)}`, () => {
      assert.deepEqual(decidedAfter(parseHttp1Request, `${line}Host: a\r\n\r\n`), {
        kind: 'decided',
        bytes: line.length,
      });
    });
  }

  const others: readonly (readonly [string, string, number])[] = [
    ['HTTP/0.9', 'GET /\r\n', 6],
    ['a response', 'HTTP/1.1 200 OK\r\n', 5],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 12],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\n', 14],
    ['HTTP/1.10', 'GET / HTTP/1.10\r\n', 15],
    ['lower-case version', 'GET / http/1.1\r\n', 7],
    ['RTSP', 'OPTIONS * RTSP/1.0\r\n', 11],
    ['two spaces after the method', 'GET  / HTTP/1.1\r\n', 5],
    ['two spaces after the target', 'GET /  HTTP/1.1\r\n', 7],
    ['a space after the version', 'GET / HTTP/1.1 \r\n', 15],
    ['a tab for a space', 'GET\t/ HTTP/1.1\r\n', 4],
    ['a leading space', ' GET / HTTP/1.1\r\n', 1],
    ['two empty lines first', '\r\n\r\nGET / HTTP/1.1\r\n', 3],
    ['a lone CR first', '\rGET / HTTP/1.1\r\n', 2],
    ['a bare CR in the target', 'GET /a\rb HTTP/1.1\r\n', 7],
    ['a bare CR at the end', 'GET / HTTP/1.1\rHost', 16],
    ['NUL in the target', 'GET /\0 HTTP/1.1\r\n', 6],
    ['no method', '/ HTTP/1.1\r\n', 1],
    ['no target', 'GET HTTP/1.1\r\n', 13],
    ['a word and a line end', 'hello\n', 6],
    ['SMTP', 'EHLO client.example\r\n', 20],
    ['binary', '\x30\x0c\x02\x01', 2],
  ];
  for (const [title, text, bytes] of others) {
    it(`refuses at the first byte that shows it: ${title}`, () => {
      assert.deepEqual(decidedAfter(parseHttp1Request, text), { kind: 'notThis', bytes });
    });
  }

  it('takes a request line of 8 KiB with its line end, and not one byte more', () => {
    const line = (length: number): string => `GET /${'a'.repeat(length - 'GET / HTTP/1.1\r\n'.length)} HTTP/1.1\r\n`;
    assert.deepEqual(decidedAfter(parseHttp1Request, line(8192)), { kind: 'decided', bytes: 8192 });
    assert.deepEqual(decidedAfter(parseHttp1Request, line(8193)), { kind: 'notThis', bytes: 8192 });
    assert.equal(kindOf(parseHttp1Request, line(20_000)), 'notThis');
    assert.equal(kindOf(parseHttp1Request, 'A'.repeat(8191)), 'needMore');
    assert.equal(kindOf(parseHttp1Request, 'A'.repeat(8192)), 'notThis');
  });

  it('agrees with the grammar of RFC 9112 on any line', () => {
    const grammar = /^(?:\r?\n)?[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]\r?\n/;
    const piece = fc.constantFrom(
      'GET',
      ' ',
      '/',
      'HTTP/1.1',
      'HTTP/1.',
      '0',
      '\r\n',
      '\n',
      '\r',
      'a',
      '\0',
      '\x7f',
      '\x80',
      ':',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = `${pieces.join('')}\n\n`;
        assert.equal(kindOf(parseHttp1Request, text), grammar.test(text) ? 'decided' : 'notThis');
        decidedAfter(parseHttp1Request, text);
      }),
      { numRuns: 5000 },
    );
  });
});
