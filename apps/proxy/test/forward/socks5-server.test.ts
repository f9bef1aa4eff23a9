import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { failureReply, type ForwardState } from '../../src/forward/forward-handshake.ts';
import { forwardFailures } from '../../src/forward/forward-failure.ts';
import { beginSocks5 } from '../../src/forward/socks5-server.ts';
import { driveHandshake, HandshakeDriver, type HandshakeOutcome, type Verify } from './drive-handshake.ts';
import { domainRequest, greeting, login, request } from './socks5-bytes.ts';

const success = '05000001000000000000';
const right = login('alice', 'wonder:land');

function run(anonymous: boolean, ...messages: readonly Buffer[]): HandshakeOutcome {
  return driveHandshake(beginSocks5(anonymous), messages);
}

function anonymousRequest(message: Buffer): HandshakeOutcome {
  const outcome = run(true, greeting(0), message);
  assert.equal(outcome.sent.toString('hex', 0, 2), '0500');
  return { ...outcome, sent: outcome.sent.subarray(2) };
}

suite('SOCKS5 method negotiation', () => {
  test('an anonymous route takes "none" wherever it stands in the list', () => {
    for (const methods of [[0], [0, 2], [2, 0], [1, 0x80, 2, 0xfe, 0]]) {
      assert.equal(run(true, greeting(...methods)).sent.toString('hex'), '0500', String(methods));
    }
  });

  test('an anonymous route asks a client that offers only user/password, and verifies them', () => {
    const good = run(true, greeting(2), right, domainRequest('example.com'));
    assert.equal(good.sent.toString('hex'), `05020100${success}`);
    assert.deepEqual(good.checked, ['alice:wonder:land']);
    const wrong = run(true, greeting(2), login('alice', 'guess'));
    assert.equal(wrong.sent.toString('hex'), '05020101');
    assert.match(wrong.end, /^refuse AuthFailed/);
  });

  test('a route with users takes user/password and never "none"', () => {
    assert.equal(run(false, greeting(0, 2)).sent.toString('hex'), '0502');
    assert.equal(run(false, greeting(1, 2, 3)).sent.toString('hex'), '0502');
  });

  test('without an acceptable method the answer is 05 ff', () => {
    for (const [anonymous, methods] of [
      [false, [0]],
      [false, [1]],
      [false, [0, 1, 0x80]],
      [true, [1]],
      [true, [0x80, 0xff]],
    ] as const) {
      const outcome = run(anonymous, greeting(...methods));
      assert.equal(outcome.sent.toString('hex'), '05ff', String(methods));
      assert.match(outcome.end, /^refuse AuthFailed/);
    }
  });

  test('a list of no method is a protocol error', () => {
    const outcome = run(true, greeting());
    assert.equal(outcome.sent.toString('hex'), '05ff');
    assert.match(outcome.end, /^refuse ProtocolError/);
  });

  test('a list of 255 methods is read to its end', () => {
    const methods = [...Buffer.alloc(254, 0x80), 0];
    assert.equal(run(true, greeting(...methods)).sent.toString('hex'), '0500');
    assert.equal(run(true, greeting(...methods).subarray(0, 256)).end, 'waiting');
  });

  test('another version closes without a word', () => {
    for (let version = 0; version < 256; version++) {
      if (version === 5) continue;
      const outcome = run(true, Buffer.from([version]));
      assert.equal(outcome.sent.length, 0);
      assert.match(outcome.end, /^refuse ProtocolError/);
    }
  });
});

suite('SOCKS5 user/password', () => {
  test('right credentials are answered 01 00, wrong ones 01 01 and the end', () => {
    assert.equal(run(false, greeting(2), right).sent.toString('hex'), '05020100');
    const wrong = run(false, greeting(2), login('alice', 'wonder'), domainRequest('example.com'));
    assert.equal(wrong.sent.toString('hex'), '05020101');
    assert.match(wrong.end, /^refuse AuthFailed/);
  });

  test('an overloaded check is refused as a limit, not as a wrong password', () => {
    const overloaded: Verify = () => 'overloaded';
    const outcome = driveHandshake(beginSocks5(false), [greeting(2), right], overloaded);
    assert.equal(outcome.sent.toString('hex'), '05020101');
    assert.match(outcome.end, /^refuse LimitReached/);
  });

  test('user and password of 255 bytes, and an empty password, reach the check', () => {
    const long = 'x'.repeat(255);
    assert.deepEqual(run(false, greeting(2), login(long, long)).checked, [`${long}:${long}`]);
    assert.deepEqual(run(false, greeting(2), login('bob', '')).checked, ['bob:']);
    assert.deepEqual(run(false, greeting(2), login('Zoë', 'p\u{1f511}')).checked, ['Zoë:p\u{1f511}']);
  });

  test('an empty user, control characters and broken UTF-8 are wrong credentials and reach no check', () => {
    const cases = [
      login('', 'secret'),
      login('', ''),
      login('al\0ice', 'secret'),
      login('alice', 'sec\nret'),
      login('alice', Buffer.from([0xff, 0xfe])),
      login(Buffer.from([0xc0, 0x80]), 'secret'),
    ];
    for (const message of cases) {
      const outcome = run(false, greeting(2), message);
      assert.equal(outcome.sent.toString('hex'), '05020101');
      assert.match(outcome.end, /^refuse AuthFailed/);
      assert.deepEqual(outcome.checked, []);
    }
  });

  test('another version of the subnegotiation is a protocol error', () => {
    const outcome = run(false, greeting(2), Buffer.from([5]));
    assert.equal(outcome.sent.toString('hex'), '05020101');
    assert.match(outcome.end, /^refuse ProtocolError/);
  });
});

suite('SOCKS5 request', () => {
  const ipv6 = [0x20, 0x01, 0x0d, 0xb8, ...Buffer.alloc(11), 1];

  test('the three address types name their destination', () => {
    const cases: readonly (readonly [Buffer, string])[] = [
      [request({ type: 1, address: [192, 0, 2, 7], port: 1 }), '192.0.2.7:1'],
      [request({ type: 4, address: ipv6, port: 65_535 }), '[2001:db8::1]:65535'],
      [domainRequest('WWW.Example.COM', 8080), 'www.example.com:8080'],
      [domainRequest('example.com.'), 'example.com:443'],
      [domainRequest('_dmarc.example.com'), '_dmarc.example.com:443'],
      [domainRequest('localhost'), 'localhost:443'],
      [domainRequest('192.0.2.7'), '192.0.2.7:443'],
      [domainRequest('2001:DB8::1'), '[2001:db8::1]:443'],
      [domainRequest('::ffff:127.0.0.1'), '[::ffff:127.0.0.1]:443'],
    ];
    for (const [message, destination] of cases) {
      const outcome = anonymousRequest(message);
      assert.equal(outcome.end, `connect ${destination}`);
      assert.equal(outcome.sent.toString('hex'), success);
    }
  });

  test('a domain that is no name and no address in the one strict spelling is a general failure', () => {
    const domains = [
      ...[
        '',
        '.',
        '..',
        'a..b',
        '.example.com',
        '-a.example.com',
        'a-.example.com',
        'a b',
        'localhost\0',
        'localhost\0x',
        '\0',
      ],
      ...['127.1', '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1.', '1.2.3.4.5'],
      ...[
        '256.0.0.1',
        '1.2.3',
        '127.0.0.01',
        '127.0.0.0x1',
        'example.123',
        'example.0x1',
        '1.2.3.4:80',
        '[::1]',
        '[::1]:80',
      ],
      ...[
        'fe80::1%eth0',
        ':::',
        '::1::',
        'example.com:443',
        'user@example.com',
        'http://example.com',
        'example.com/',
        '*',
      ],
      ...[
        '*.example.com',
        'ex%61mple.com',
        'b\xfccher.de',
        `${'a'.repeat(64)}.com`,
        'a'.repeat(255),
        `${'a.'.repeat(127)}a`,
      ],
    ];
    for (const domain of domains) {
      const outcome = anonymousRequest(domainRequest(domain));
      assert.equal(outcome.sent.toString('hex'), '05010001000000000000', JSON.stringify(domain));
      assert.match(outcome.end, /^refuse ProtocolError/);
    }
  });

  test('only CONNECT is supported, and the reply waits for the whole request', () => {
    for (let command = 0; command < 256; command++) {
      if (command === 1) continue;
      const bind = request({ command, type: 1, address: [192, 0, 2, 7] });
      assert.equal(anonymousRequest(bind.subarray(0, -1)).end, 'waiting');
      const outcome = anonymousRequest(bind);
      assert.equal(outcome.sent.toString('hex'), '05070001000000000000');
      assert.match(outcome.end, /^refuse NotAllowed/);
    }
  });

  test('an unknown address type is refused as such', () => {
    for (let type = 0; type < 256; type++) {
      if (type === 1 || type === 3 || type === 4) continue;
      assert.equal(anonymousRequest(Buffer.from([5, 1, 0, type])).sent.toString('hex'), '05080001000000000000');
    }
  });

  test('port 0, another version and a reserved byte that is not zero are a general failure', () => {
    const cases = [
      request({ type: 1, address: [192, 0, 2, 7], port: 0 }),
      request({ version: 4, type: 1, address: [192, 0, 2, 7] }),
      Buffer.from([4]),
      request({ reserved: 1, type: 1, address: [192, 0, 2, 7] }),
    ];
    for (const message of cases) {
      const outcome = anonymousRequest(message);
      assert.equal(outcome.sent.toString('hex'), '05010001000000000000');
      assert.match(outcome.end, /^refuse ProtocolError/);
    }
  });

  test('what follows the request is the tunnel’s, also what looks like SOCKS', () => {
    const early = Buffer.concat([Buffer.from('hello\0'), greeting(0), domainRequest('evil.example')]);
    const all = Buffer.concat([greeting(0), domainRequest('example.com'), early]);
    const outcome = run(true, all);
    assert.equal(outcome.end, 'connect example.com:443');
    assert.equal(outcome.sent.toString('hex'), `0500${success}`);
    assert.deepEqual(outcome.early, early);
  });
});

suite('SOCKS5 failures', () => {
  function stateAfter(anonymous: boolean, ...messages: readonly Buffer[]): ForwardState {
    const driver = new HandshakeDriver(beginSocks5(anonymous));
    for (const message of messages) driver.receive(message);
    return driver.state;
  }

  test('a failed connection has the reply code users know', () => {
    const connecting = stateAfter(true, greeting(0), domainRequest('example.com'));
    const codes = forwardFailures.map((failure) => [failure, failureReply(connecting, failure)[1]]);
    assert.deepEqual(Object.fromEntries(codes), {
      NotAllowed: 2,
      NetworkUnreachable: 3,
      HostUnreachable: 4,
      ResolveFailed: 4,
      Refused: 5,
      TimedOut: 6,
      HandshakeTimedOut: 1,
      LimitReached: 1,
      QuotaReached: 1,
      Internal: 1,
    });
    for (const failure of forwardFailures) {
      assert.match(failureReply(connecting, failure).toString('hex'), /^050[1-6]0001000000000000$/);
    }
  });

  test('a failure before the request is told in the message the client waits for', () => {
    assert.equal(failureReply(stateAfter(true), 'LimitReached').toString('hex'), '05ff');
    assert.equal(failureReply(stateAfter(false), 'HandshakeTimedOut').length, 0);
    assert.equal(failureReply(stateAfter(false, greeting(2)), 'HandshakeTimedOut').toString('hex'), '0101');
    assert.equal(failureReply(stateAfter(true, greeting(0)), 'HandshakeTimedOut')[1], 1);
  });
});
