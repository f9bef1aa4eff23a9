import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { closeReasonOfFailure, forwardFailures } from '../../src/forward/forward-failure.ts';
import { beginForward, failureReply, onAuthenticated } from '../../src/forward/forward-handshake.ts';
import { aliceOnly, driveHandshake, type HandshakeOutcome, type Verify } from './drive-handshake.ts';
import { malformedHeads } from './malformed-heads.ts';
import { domainRequest, greeting, login, request } from './socks5-bytes.ts';

interface Script {
  readonly name: string;
  readonly protocol: 'SOCKS5' | 'HTTP';
  readonly anonymous: boolean;
  readonly bytes: Buffer;
}

const early = Buffer.from('\x16\x03\x01\x02\x00\x05\x01\x00\r\n\r\nearly data\0\xff', 'latin1');

function socks5(name: string, anonymous: boolean, ...messages: readonly Buffer[]): Script {
  return { name: `SOCKS5 ${name}`, protocol: 'SOCKS5', anonymous, bytes: Buffer.concat(messages) };
}

function http(name: string, anonymous: boolean, text: string, tail = Buffer.alloc(0)): Script {
  const bytes = Buffer.concat([Buffer.from(text, 'latin1'), tail]);
  return { name: `HTTP ${name}`, protocol: 'HTTP', anonymous, bytes };
}

const right = login('alice', 'wonder:land');
const authorization = `Proxy-Authorization: Basic ${Buffer.from('alice:wonder:land').toString('base64')}\r\n`;
const connectLine = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n';
const ipv6 = Buffer.from('20010db8000000000000000000000001', 'hex');

const scripts: readonly Script[] = [
  socks5('none, domain', true, greeting(0), domainRequest('example.com'), early),
  socks5('none, IPv4', true, greeting(0, 1, 2), request({ type: 1, address: [192, 0, 2, 7] }), early),
  socks5('none, IPv6', true, greeting(0), request({ type: 4, address: ipv6 }), early),
  socks5('none, no early data', true, greeting(0), domainRequest('example.com')),
  socks5('user/password, domain', false, greeting(0, 2), right, domainRequest('example.com'), early),
  socks5('user/password on an anonymous route', true, greeting(2), right, domainRequest('example.com'), early),
  socks5('wrong password', false, greeting(2), login('alice', 'x'), domainRequest('example.com'), early),
  socks5('empty user', false, greeting(2), login('', 'x'), domainRequest('example.com')),
  socks5('no acceptable method', false, greeting(0, 1), domainRequest('example.com')),
  socks5('BIND', true, greeting(0), request({ command: 2, type: 3, address: Buffer.from('example.com') })),
  socks5('UDP ASSOCIATE', true, greeting(0), request({ command: 3, type: 1, address: [0, 0, 0, 0], port: 0 })),
  socks5('BIND with a bad address type', true, greeting(0), request({ command: 2, type: 9, address: [1, 2, 3, 4] })),
  socks5('version 4 request', true, greeting(0), request({ version: 4, type: 1, address: [1, 2, 3, 4] })),
  socks5('reserved byte', true, greeting(0), request({ reserved: 7, type: 9, address: [1, 2, 3, 4] })),
  socks5('port 0', true, greeting(0), request({ type: 1, address: [1, 2, 3, 4], port: 0 })),
  socks5('empty domain', true, greeting(0), domainRequest(''), early),
  socks5('domain with NUL', true, greeting(0), domainRequest('localhost\0x'), early),
  socks5('address in a domain', true, greeting(0), domainRequest('192.0.2.7'), early),
  http('anonymous', true, `${connectLine}\r\n`, early),
  http('anonymous, no early data', true, `${connectLine}\r\n`),
  http('with credentials', false, `${connectLine}${authorization}\r\n`, early),
  http('without credentials', false, `${connectLine}\r\n`, early),
  http('with a body', true, `${connectLine}Content-Length: 3\r\n\r\nabc`),
  http('absolute-form', true, 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n'),
  http('IPv6 target', true, 'CONNECT [2001:db8::1]:443 HTTP/1.0\r\n\r\n', early),
  ...malformedHeads.filter(({ text }) => text.length < 120).map(({ name, text }) => http(name, true, text)),
];

function play(
  { protocol, anonymous, bytes }: Script,
  cuts: readonly number[],
  verify: Verify = aliceOnly,
): HandshakeOutcome {
  const bounds = [0, ...cuts, bytes.length];
  const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
  return driveHandshake(beginForward(protocol, anonymous), chunks, verify);
}

suite('forward handshakes over any split', () => {
  for (const script of scripts) {
    const whole = play(script, []);

    test(`${script.name}: every single split and byte by byte end alike`, () => {
      assert.notEqual(whole.end, 'waiting');
      const { length } = script.bytes;
      for (let cut = 1; cut < length; cut++) assert.deepEqual(play(script, [cut]), whole);
      const everyByte = Array.from({ length: length - 1 }, (_, index) => index + 1);
      assert.deepEqual(play(script, everyByte), whole);
    });
  }

  test('early data reaches the tunnel exactly once', () => {
    for (const script of scripts) {
      const whole = play(script, []);
      if (whole.end.startsWith('connect') && script.bytes.includes(early)) assert.deepEqual(whole.early, early);
    }
  });

  test('thousands of random splits end like the whole', () => {
    const wholes = scripts.map((script) => play(script, []));
    fc.assert(
      fc.property(fc.nat(scripts.length - 1), fc.array(fc.nat(1000), { maxLength: 12 }), (index, numbers) => {
        const script = scripts[index] ?? assert.fail();
        const cuts = numbers.map((number) => number % (script.bytes.length + 1)).toSorted((a, b) => a - b);
        assert.deepEqual(play(script, cuts), wholes[index]);
      }),
      { numRuns: 4000 },
    );
  });

  test('bytes changed at random never throw, and end alike however they are split', () => {
    const change = fc.tuple(fc.nat(1000), fc.integer({ min: 0, max: 255 }));
    const anything = fc.record({
      index: fc.nat(scripts.length - 1),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      cut: fc.nat(1000),
      verdict: fc.constantFrom('valid' as const, 'invalid' as const, 'overloaded' as const),
    });
    fc.assert(
      fc.property(anything, ({ index, changes, cut, verdict }) => {
        const original = scripts[index] ?? assert.fail();
        const bytes = Buffer.from(original.bytes);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const script = { ...original, bytes };
        const verify: Verify = () => verdict;
        assert.deepEqual(play(script, [cut % bytes.length], verify), play(script, [], verify));
      }),
      { numRuns: 3000 },
    );
  });

  test('a handshake that is never finished waits and says nothing more', () => {
    const script = scripts[4] ?? assert.fail();
    const outcome = driveHandshake(beginForward('SOCKS5', false), [script.bytes.subarray(0, 10)]);
    assert.equal(outcome.end, 'waiting');
    assert.equal(outcome.sent.toString('hex'), '0502');
  });
});

suite('protocols a forward proxy does not speak', () => {
  test('SOCKS4 is refused in its own reply', () => {
    const bytes = Buffer.from([4, 1, 1, 0xbb, 192, 0, 2, 7, 0]);
    const outcome = driveHandshake(beginForward('SOCKS4', true), [bytes]);
    assert.equal(outcome.sent.toString('hex'), '005b000000000000');
    assert.match(outcome.end, /^refuse NotAllowed/);
  });

  test('HTTP/2, TLS and SSH are refused in their own words, what is unknown without a word', () => {
    const farewells = {
      HTTP2: '000000040000000000000008070000000000000000000000000d',
      TLS: '15030100020228',
      SSH: /^5353482d322e302d736c756963650d0a000000[0-9a-f]{2}/,
      Unknown: '',
    } as const;
    for (const protocol of ['HTTP2', 'TLS', 'SSH', 'Unknown'] as const) {
      const isFarewell = (sent: Buffer): void => {
        const expected = farewells[protocol];
        if (typeof expected === 'string') assert.equal(sent.toString('hex'), expected);
        else assert.match(sent.toString('hex'), expected);
      };
      for (const bytes of ['', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'SSH-2.0-x\r\n']) {
        const outcome = driveHandshake(beginForward(protocol, true), [Buffer.from(bytes)]);
        isFarewell(outcome.sent);
        assert.match(outcome.end, /^refuse ProtocolError/);
      }
      for (const failure of forwardFailures) isFarewell(failureReply(beginForward(protocol, true), failure));
    }
  });

  test('a verdict that was not asked for is an internal error, not a way in', () => {
    for (const protocol of ['HTTP', 'HTTP2', 'SOCKS4', 'TLS', 'SSH', 'Unknown'] as const) {
      const step = onAuthenticated(beginForward(protocol, false), 'valid');
      assert.ok(step.kind === 'refuse' && step.reason === 'Internal', protocol);
    }
  });
});

test('every failure has its close reason', () => {
  assert.deepEqual(Object.fromEntries(forwardFailures.map((failure) => [failure, closeReasonOfFailure(failure)])), {
    NotAllowed: 'NotAllowed',
    Refused: 'ConnectRefused',
    NetworkUnreachable: 'Unreachable',
    HostUnreachable: 'Unreachable',
    ResolveFailed: 'ResolveFailed',
    TimedOut: 'ConnectTimeout',
    HandshakeTimedOut: 'DecideTimeout',
    LimitReached: 'LimitReached',
    QuotaReached: 'LimitReached',
    Internal: 'Internal',
  });
});
