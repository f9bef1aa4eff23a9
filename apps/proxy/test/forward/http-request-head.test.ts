import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { type HeadVerdict, headerValues, headStart, parseRequestHead } from '../../src/forward/http-request-head.ts';
import { malformedHeads } from './malformed-heads.ts';

function parse(text: string): HeadVerdict {
  const bytes = Buffer.from(text, 'latin1');
  return parseRequestHead(bytes, 0, bytes.length, headStart);
}

/** Feeds the text in growing pieces, handing the progress on as a session does. */
function parseInPieces(text: string, ends: readonly number[]): HeadVerdict {
  const bytes = Buffer.from(text, 'latin1');
  let progress = headStart;
  for (const end of [...ends, bytes.length]) {
    const verdict = parseRequestHead(bytes, 0, end, progress);
    if (verdict.kind !== 'needMore') return verdict;
    progress = verdict.progress;
  }
  return { kind: 'needMore', progress };
}

suite('HTTP request head', () => {
  test('a head is taken apart, and what follows it is left alone', () => {
    const text = 'GET /a?b HTTP/1.0\r\nHost: example.com:80\r\nX-Long: \t a  b\xfc \t\r\nempty:\r\n\r\n';
    assert.deepEqual(parse(`${text}\r\nBODY\0`), {
      kind: 'head',
      length: text.length,
      head: {
        method: 'GET',
        target: '/a?b',
        minorVersion: 0,
        headers: [
          { name: 'host', value: 'example.com:80' },
          { name: 'x-long', value: 'a  b\xfc' },
          { name: 'empty', value: '' },
        ],
      },
    });
  });

  test('a head without headers, of 100 headers and of 8192 bytes is taken', () => {
    assert.equal(parse('GET / HTTP/1.1\r\n\r\n').kind, 'head');
    assert.equal(parse(`GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(100)}\r\n`).kind, 'head');
    const start = 'GET / HTTP/1.1\r\nX-A: ';
    assert.equal(parse(`${start}${'a'.repeat(8192 - start.length - 4)}\r\n\r\n`).kind, 'head');
  });

  test('an obsolete but harmless Host is taken: a port, an IPv6 address, none, an empty one', () => {
    for (const host of ['Host: a:1\r\n', 'Host: [::1]:80\r\n', '', 'Host:\r\n', 'HOST: A_b.c\r\n']) {
      assert.equal(parse(`GET / HTTP/1.1\r\n${host}\r\n`).kind, 'head', host);
    }
  });

  test('repeated headers are given in order', () => {
    const verdict = parse('GET / HTTP/1.1\r\nX-A: 1\r\nx-b: 2\r\nx-a: 3\r\n\r\n');
    assert.ok(verdict.kind === 'head');
    assert.deepEqual(headerValues(verdict.head, 'x-a'), ['1', '3']);
    assert.deepEqual(headerValues(verdict.head, 'x-c'), []);
  });

  test('there are at least a hundred malformed heads to refuse', () => {
    assert.ok(malformedHeads.length >= 100, String(malformedHeads.length));
  });

  for (const { name, text, status } of malformedHeads) {
    test(`${name} is refused with ${status}, whole and byte by byte`, () => {
      const whole = parse(text);
      assert.ok(whole.kind === 'malformed', JSON.stringify(whole));
      assert.equal(whole.status, status);
      const everyByte = Array.from({ length: text.length - 1 }, (_, index) => index + 1);
      assert.deepEqual(parseInPieces(text, everyByte), whole);
    });
  }

  test('any bytes in any pieces have one verdict, and none makes the parser throw', () => {
    const fragment = fc.constantFrom(
      '\r\n',
      '\r',
      '\n',
      ' ',
      ':',
      '\0',
      'GET / HTTP/1.1\r\n',
      'Host: a\r\n',
      'X-A: b\r\n',
      '\t',
    );
    const text = fc
      .array(fc.oneof({ weight: 4, arbitrary: fragment }, fc.string({ unit: 'binary-ascii', maxLength: 6 })))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.boolean(), text, fc.array(fc.nat(200)), (isStarted, tail, cuts) => {
        const head = `${isStarted ? 'GET / HTTP/1.1\r\n' : ''}${tail}`;
        const ends = cuts.filter((cut) => cut <= head.length).toSorted((a, b) => a - b);
        const [whole, pieces] = [parse(head), parseInPieces(head, ends)];
        if (whole.kind === 'needMore') assert.equal(pieces.kind, 'needMore');
        else assert.deepEqual(pieces, whole);
      }),
      { numRuns: 2000 },
    );
  });

  test('no byte beyond the end is looked at', () => {
    const bytes = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    for (let end = 0; end < bytes.length; end++) {
      assert.equal(parseRequestHead(bytes, 0, end, headStart).kind, 'needMore', String(end));
    }
  });
});
