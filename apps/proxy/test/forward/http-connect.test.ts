import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { forwardFailures } from '../../src/forward/forward-failure.ts';
import { failureReply } from '../../src/forward/forward-handshake.ts';
import { beginHttpConnect } from '../../src/forward/http-connect.ts';
import { driveHandshake, type HandshakeOutcome, type Verify } from './drive-handshake.ts';
import { malformedHeads } from './malformed-heads.ts';

const established = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const target = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n';

function run(anonymous: boolean, text: string, verify?: Verify): HandshakeOutcome {
  return driveHandshake(beginHttpConnect(anonymous), [Buffer.from(text, 'latin1')], verify);
}

function basic(userPassword: string | Buffer): string {
  return `Proxy-Authorization: Basic ${Buffer.from(userPassword).toString('base64')}\r\n`;
}

const rightHeader = basic('alice:wonder:land');

interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Reads the answer as a client does: the length it announces is the length there is. */
function answerOf(sent: Buffer): HttpAnswer {
  const text = sent.toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  const head = text.slice(0, headEnd);
  const body = text.slice(headEnd + 4);
  assert.match(head, /^HTTP\/1\.1 [0-9]{3} [A-Za-z ]+\r\n/);
  assert.equal(/^Content-Length: ([0-9]+)$/m.exec(head)?.[1], String(body.length));
  assert.match(head, /^Connection: close$/m);
  assert.match(head, /^Content-Type: text\/plain$/m);
  assert.match(body, /^sluice: [\x20-\x7e]{10,}\n$/);
  return { status: Number(head.slice(9, 12)), head, body };
}

function assertRefused(outcome: HandshakeOutcome, status: number, reason: string): HttpAnswer {
  const answer = answerOf(outcome.sent);
  assert.equal(answer.status, status, outcome.end);
  assert.ok(outcome.end.startsWith(`refuse ${reason}: `), outcome.end);
  return answer;
}

suite('HTTP CONNECT', () => {
  test('a target is a name, an IPv4 address or an IPv6 address in brackets, with a port', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['example.com:443', 'example.com:443'],
      ['EXAMPLE.com.:1', 'example.com:1'],
      ['_srv.example.com:65535', '_srv.example.com:65535'],
      ['localhost:80', 'localhost:80'],
      ['192.0.2.7:22', '192.0.2.7:22'],
      ['[2001:DB8:0::1]:443', '[2001:db8::1]:443'],
      ['[::]:443', '[::]:443'],
      ['[::ffff:127.0.0.1]:443', '[::ffff:127.0.0.1]:443'],
    ];
    for (const [text, destination] of cases) {
      const outcome = run(true, `CONNECT ${text} HTTP/1.1\r\nHost: ${text}\r\n\r\n`);
      assert.equal(outcome.end, `connect ${destination}`);
      assert.equal(outcome.sent.toString('latin1'), established);
    }
  });

  test('a target of any other form is a bad request', () => {
    const targets = [
      ...[
        'example.com',
        'example.com:',
        'example.com:0',
        'example.com:65536',
        'example.com:99999',
        'example.com:443443',
      ],
      ...[
        'example.com:0443',
        'example.com:+443',
        'example.com:-1',
        'example.com:4a3',
        'example.com:https',
        ':443',
        ':',
        '443',
        '*',
      ],
      ...[
        '[]:443',
        '[::1]',
        '[::1',
        '::1:443',
        '2001:db8::1:443',
        '[127.0.0.1]:443',
        '[example.com]:443',
        '[fe80::1%eth0]:443',
      ],
      ...[
        '[fe80::1%25eth0]:443',
        '[v1.a]:443',
        '[::1]]:443',
        '[[::1]]:443',
        '[::1]443',
        '[::1:443',
        '::1]:443',
        'example.com]:443',
        '[example.com:443',
        'x[::1]:443',
        '[::1]x:443',
        '[:::]:443',
      ],
      ...[
        '127.1:443',
        '0x7f.0.0.1:443',
        '0177.0.0.1:443',
        '2130706433:443',
        '0x7f000001:443',
        '127.0.0.1.:443',
        '1.2.3.256:443',
      ],
      ...[
        'user@example.com:443',
        'user:pw@example.com:443',
        'example.com:443/',
        'example.com:443?x',
        'example.com:443#x',
      ],
      ...[
        'http://example.com:443',
        'https://example.com/',
        '//example.com:443',
        '/',
        'example.com/:443',
        'ex%61mple.com:443',
      ],
      ...[
        '-a.com:443',
        'a-.com:443',
        'a..b:443',
        '.a:443',
        '*.example.com:443',
        `${'a'.repeat(64)}.com:443`,
        `${'a.'.repeat(127)}a:443`,
      ],
      ...[
        'example.com:443:443',
        'a,b:443',
        'a;b:443',
        'a\\b:443',
        "a'b:443",
        'a"b:443',
        'a|b:443',
        'a~b:443',
        'a!b:443',
        'a=b:443',
      ],
    ];
    for (const text of targets) {
      assertRefused(run(true, `CONNECT ${text} HTTP/1.1\r\nHost: x\r\n\r\n`), 400, 'ProtocolError');
    }
  });

  test('HTTP/1.0 and a missing Host are served', () => {
    assert.equal(run(true, 'CONNECT example.com:443 HTTP/1.0\r\n\r\n').end, 'connect example.com:443');
    assert.equal(run(true, 'CONNECT example.com:443 HTTP/1.1\r\n\r\n').end, 'connect example.com:443');
  });

  test('the target decides, whatever Host says', () => {
    assert.equal(
      run(true, 'CONNECT example.com:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n').end,
      'connect example.com:443',
    );
  });

  test('a body is refused, an announced empty one is not', () => {
    assert.equal(run(true, `${target}Content-Length: 0\r\n\r\n`).end, 'connect example.com:443');
    const framings = [
      ...[
        'Content-Length: 1',
        'Content-Length: -0',
        'Content-Length: 0, 0',
        'Content-Length: 0\r\nContent-Length: 0',
        'Content-Length:',
      ],
      ...[
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: identity',
        'Transfer-Encoding:',
        'Content-Length: 0\r\nTransfer-Encoding: chunked',
      ],
    ];
    for (const lines of framings) {
      assertRefused(run(true, `${target}${lines}\r\n\r\n`), 400, 'ProtocolError');
    }
  });

  test('every malformed head gets its status, before credentials are asked for', () => {
    for (const { text, status } of malformedHeads) {
      assertRefused(run(false, text), status, 'ProtocolError');
    }
  });

  test('what follows the head is the tunnel’s, also what looks like a request', () => {
    const early = `\r\n\0${target}\r\n`;
    const outcome = run(true, `${target}\r\n${early}`);
    assert.equal(outcome.early.toString('latin1'), early);
    assert.equal(outcome.sent.toString('latin1'), established);
  });
});

suite('HTTP CONNECT with users', () => {
  test('right credentials connect, in any case of the scheme, with or without padding', () => {
    const token = Buffer.from('alice:wonder:land').toString('base64');
    assert.ok(token.endsWith('='));
    for (const value of [`Basic ${token}`, `bAsIc   ${token}`, `Basic ${token.replace(/=+$/, '')}`]) {
      const outcome = run(false, `${target}pRoXy-AuThOrIzAtIoN: ${value}\r\n\r\nearly`);
      assert.equal(outcome.end, 'connect example.com:443', value);
      assert.deepEqual(outcome.checked, ['alice:wonder:land']);
      assert.equal(outcome.early.toString(), 'early');
    }
  });

  test('missing, wrong and unreadable credentials are answered 407 with a challenge, and the connection closes', () => {
    const headers = [
      '',
      basic('alice:guess'),
      basic('bob:wonder:land'),
      basic('alice'),
      basic(':wonder:land'),
      basic(''),
      basic('al\0ice:secret'),
      basic('alice:sec\tret'),
      basic(Buffer.from([0x61, 0x3a, 0xff])),
      'Proxy-Authorization: Basic\r\n',
      'Proxy-Authorization:\r\n',
      'Proxy-Authorization: Basic !!!!\r\n',
      'Proxy-Authorization: Basic YWxpY2U6d29uZGVyOmxhbmQ===\r\n',
      'Proxy-Authorization: Basic YWxpY2U6\td29uZGVyOmxhbmQ=\r\n',
      'Proxy-Authorization: Basic YWxpY2U6d29uZGVyOmxhbmR\r\n',
      'Proxy-Authorization: Basic YWxpY2U6d29uZGVyOmxhbmQ=, Basic YQ==\r\n',
      'Proxy-Authorization: Bearer YWxpY2U6d29uZGVyOmxhbmQ=\r\n',
      'Proxy-Authorization: Digest username="alice"\r\n',
      'Proxy-Authorization: BasicYWxpY2U6d29uZGVyOmxhbmQ=\r\n',
      rightHeader.replace('Proxy-', ''),
    ];
    for (const header of headers) {
      const answer = assertRefused(run(false, `${target}${header}\r\n`), 407, 'AuthFailed');
      assert.match(answer.head, /^Proxy-Authenticate: Basic realm="sluice", charset="UTF-8"$/m);
    }
  });

  test('credentials given twice are a bad request', () => {
    assertRefused(run(false, `${target}${rightHeader}${rightHeader}\r\n`), 400, 'ProtocolError');
  });

  test('an overloaded check is 503', () => {
    assertRefused(
      run(false, `${target}${rightHeader}\r\n`, () => 'overloaded'),
      503,
      'LimitReached',
    );
  });

  test('an anonymous route needs no credentials but verifies given ones', () => {
    assert.deepEqual(run(true, `${target}\r\n`).checked, []);
    assert.deepEqual(run(true, `${target}${rightHeader}\r\n`).checked, ['alice:wonder:land']);
    assertRefused(run(true, `${target}${basic('alice:guess')}\r\n`), 407, 'AuthFailed');
  });

  test('a second request behind a refused one is not read', () => {
    const outcome = run(false, `${target}\r\n${target}${rightHeader}\r\n`);
    assertRefused(outcome, 407, 'AuthFailed');
    assert.deepEqual(outcome.checked, []);
  });
});

suite('HTTP requests that are not CONNECT', () => {
  test('absolute-form is not implemented', () => {
    for (const line of [
      'GET http://example.com/',
      'POST HTTP://example.com/',
      'GET ftp://example.com/',
      'HEAD https://a/',
    ]) {
      const answer = assertRefused(run(true, `${line} HTTP/1.1\r\nHost: example.com\r\n\r\n`), 501, 'NotAllowed');
      assert.match(answer.body, /CONNECT/);
    }
  });

  test('a request to an origin server is a bad request that says what this is', () => {
    for (const line of ['GET /', 'OPTIONS *', 'GET example.com:443', 'connect example.com:443', 'BREW /pot']) {
      const answer = assertRefused(run(true, `${line} HTTP/1.1\r\nHost: example.com\r\n\r\n`), 400, 'ProtocolError');
      assert.match(answer.body, /forward proxy/);
    }
  });
});

suite('HTTP CONNECT failures', () => {
  test('a failed connection has the status users know', () => {
    const statuses = forwardFailures.map((failure) => [
      failure,
      answerOf(failureReply(beginHttpConnect(true), failure)).status,
    ]);
    assert.deepEqual(Object.fromEntries(statuses), {
      NotAllowed: 403,
      Refused: 502,
      NetworkUnreachable: 502,
      HostUnreachable: 502,
      ResolveFailed: 502,
      TimedOut: 504,
      HandshakeTimedOut: 408,
      LimitReached: 503,
      QuotaReached: 429,
      Internal: 500,
    });
  });

  test('no refusal repeats what the client sent', () => {
    const canary = 'Canary7f3a';
    const texts = [
      `${canary} http://${canary}/ HTTP/1.1\r\n\r\n`,
      `${canary} / HTTP/1.1\r\n\r\n`,
      `CONNECT ${canary} HTTP/1.1\r\n\r\n`,
      `CONNECT a:1 ${canary}\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\n${canary}\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nHost: ${canary}/\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nContent-Length: ${canary}\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\n${basic(`${canary}:${canary}`)}\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: ${canary}\r\n\r\n`,
    ];
    for (const text of texts) {
      const { end, sent } = run(false, text);
      assert.match(end, /^refuse/);
      assert.ok(!`${end}${sent.toString('latin1')}`.toLowerCase().includes(canary.toLowerCase()), text);
    }
  });
});
