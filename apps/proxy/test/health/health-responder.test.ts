import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { beginHealth, type HealthState, stepHealth } from '../../src/health/health-responder.ts';
import { malformedHeads } from '../forward/malformed-heads.ts';

interface HealthOutcome {
  readonly sent: string;
  /** `open`, or `Reason: detail` of the close. */
  readonly end: string;
}

/** Plays the session driver: slot with foreign bytes on both sides, steps until nothing more can be done. */
class HealthDriver {
  #state: HealthState = beginHealth('HTTP');
  #pending = Buffer.alloc(0);
  #sent = '';
  #end = 'open';

  receive(chunk: Buffer): this {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#end === 'open' && this.#stepOnce());
    return this;
  }

  get outcome(): HealthOutcome {
    return { sent: this.#sent, end: this.#end };
  }

  #stepOnce(): boolean {
    const foreign = Buffer.from('\r\n\r\n', 'latin1');
    const slab = Buffer.concat([foreign, this.#pending, foreign]);
    const before = Buffer.from(slab);
    const step = stepHealth(this.#state, slab, foreign.length, foreign.length + this.#pending.length);
    assert.ok(slab.equals(before), 'a step wrote to the slab');
    assert.ok(step.consumed >= 0 && step.consumed <= this.#pending.length);
    this.#pending = this.#pending.subarray(step.consumed);
    if (step.kind !== 'needMore') {
      assert.ok(step.bytes.length <= 512);
      this.#sent += step.bytes.toString('latin1');
    }
    if (step.kind === 'close') this.#end = `${step.reason}: ${step.detail}`;
    else this.#state = step.state;
    return step.kind === 'reply';
  }
}

function run(text: string): HealthOutcome {
  return new HealthDriver().receive(Buffer.from(text, 'latin1')).outcome;
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: 3\r\n\r\nOK\n';
const okHead = ok.slice(0, -3);
const okKeepAlive = ok.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n');
const okClose = ok.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

suite('health responder', () => {
  test('any method on any path is answered 200 and the connection stays', () => {
    for (const line of [
      'GET /',
      'GET /healthz?x=1',
      'POST /a/b',
      'OPTIONS *',
      'BREW /',
      'GET http://a/',
      'DELETE /%00',
    ]) {
      assert.deepEqual(run(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`), { sent: ok, end: 'open' }, line);
    }
  });

  test('HEAD is answered without a body, also when it closes', () => {
    assert.deepEqual(run('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'), { sent: okHead, end: 'open' });
    const closing = run('HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n');
    assert.equal(closing.sent, okClose.slice(0, -3));
    assert.match(closing.end, /^Finished/);
    assert.equal(run('head / HTTP/1.1\r\n\r\n').sent, ok, 'methods are case-sensitive');
  });

  test('CONNECT is refused: there is no tunnel behind a health check', () => {
    const { sent, end } = run('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    assert.match(sent, /^HTTP\/1\.1 405 Method Not Allowed\r\nAllow: /);
    assert.match(end, /^NotAllowed/);
  });

  test('pipelined requests are answered one by one, in order', () => {
    const text =
      'GET / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /GET / HTTP/1.1\r\n\r\n';
    assert.deepEqual(run(text), { sent: `${ok}${okHead}${ok}${ok}`, end: 'open' });
  });

  test('Connection: close is honoured and nothing behind it is read', () => {
    for (const value of ['close', 'Close', 'keep-alive, close', ' close , x']) {
      const outcome = run(`GET / HTTP/1.1\r\nConnection: ${value}\r\n\r\nGET / HTTP/1.1\r\n\r\n`);
      assert.equal(outcome.sent, okClose, value);
      assert.match(outcome.end, /^Finished/);
    }
    assert.equal(run('GET / HTTP/1.1\r\nConnection: x-close\r\n\r\n').end, 'open');
    assert.match(run('GET / HTTP/1.1\r\nConnection: a\r\nConnection: close\r\n\r\n').end, /^Finished/);
  });

  test('HTTP/1.0 closes unless it asks to stay', () => {
    assert.equal(run('GET / HTTP/1.0\r\n\r\n').sent, okClose);
    assert.match(run('GET / HTTP/1.0\r\n\r\n').end, /^Finished/);
    assert.deepEqual(run('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'), { sent: okKeepAlive, end: 'open' });
    assert.match(run('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n').end, /^Finished/);
  });

  test('a body is thrown away over as many reads as it takes, then the answer comes', () => {
    const driver = new HealthDriver();
    driver.receive(Buffer.from('PUT / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n'));
    for (let read = 0; read < 99; read++) driver.receive(Buffer.alloc(1000, 'G'));
    assert.deepEqual(driver.outcome, { sent: '', end: 'open' });
    driver.receive(Buffer.concat([Buffer.alloc(1000, 'G'), Buffer.from('GET / HTTP/1.1\r\n\r\n')]));
    assert.deepEqual(driver.outcome, { sent: `${ok}${ok}`, end: 'open' });
  });

  test('a body of 1 MiB is taken, a bigger one is refused before it comes', () => {
    assert.deepEqual(run('PUT / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n'), { sent: '', end: 'open' });
    const { sent, end } = run('PUT / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n');
    assert.match(sent, /^HTTP\/1\.1 413 Content Too Large\r\n/);
    assert.match(end, /^LimitReached/);
  });

  test('a client that expects 100 is invited, then answered', () => {
    const driver = new HealthDriver();
    driver.receive(Buffer.from('POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n'));
    assert.equal(driver.outcome.sent, 'HTTP/1.1 100 Continue\r\n\r\n');
    driver.receive(Buffer.from('abc'));
    assert.equal(driver.outcome.sent, `HTTP/1.1 100 Continue\r\n\r\n${ok}`);
  });

  test('an expectation without a body, or of HTTP/1.0, is no reason to wait', () => {
    assert.equal(run('GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n').sent, ok);
    assert.equal(run('POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 3\r\n\r\nabc').sent, okClose);
  });

  test('an unknown expectation fails', () => {
    const { sent, end } = run('GET / HTTP/1.1\r\nExpect: tea\r\n\r\n');
    assert.match(sent, /^HTTP\/1\.1 417 /);
    assert.match(end, /^ProtocolError/);
  });

  test('a chunked body is answered and the connection closed unread', () => {
    const outcome = run(
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n',
    );
    assert.equal(outcome.sent, okClose);
    assert.match(outcome.end, /^Finished/);
  });

  test('ambiguous framing is a bad request', () => {
    for (const lines of [
      'Content-Length: 1\r\nContent-Length: 1',
      'Content-Length: x',
      'Content-Length: 0\r\nTransfer-Encoding: chunked',
    ]) {
      const { sent, end } = run(`POST / HTTP/1.1\r\n${lines}\r\n\r\n`);
      assert.match(sent, /^HTTP\/1\.1 400 /);
      assert.match(end, /^ProtocolError/);
    }
  });

  test('one empty line between requests is skipped, before the first and two are not', () => {
    assert.deepEqual(run('GET / HTTP/1.1\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n'), { sent: `${ok}${ok}`, end: 'open' });
    assert.match(run('\r\nGET / HTTP/1.1\r\n\r\n').end, /^ProtocolError/);
    assert.match(run('GET / HTTP/1.1\r\n\r\n\r\n\r\n').end, /^ProtocolError/);
  });

  test('every malformed head gets its status, first or second', () => {
    for (const { name, text, status } of malformedHeads) {
      const first = run(text);
      assert.ok(first.sent.startsWith(`HTTP/1.1 ${status} `), name);
      assert.match(first.end, /^ProtocolError/, name);
      if (text.startsWith('\r\n')) continue;
      assert.ok(run(`GET / HTTP/1.1\r\n\r\n${text}`).sent.startsWith(`${ok}HTTP/1.1 ${status} `), name);
    }
  });

  test('what is not HTTP/1 is closed without a word', () => {
    for (const protocol of ['TLS', 'SSH', 'HTTP2', 'SOCKS4', 'SOCKS5', 'Unknown'] as const) {
      const step = stepHealth(beginHealth(protocol), Buffer.alloc(0), 0, 0);
      assert.ok(step.kind === 'close' && step.bytes.length === 0 && step.reason === 'ProtocolError');
    }
  });

  test('any sequence of requests is answered alike however it is split', () => {
    const piece = fc.constantFrom(
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'HEAD / HTTP/1.1\r\n\r\n',
      '\r\n',
      'POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nGET / \r',
      'POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a',
      '\r',
      '\n',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 12 }), (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
        const driver = new HealthDriver();
        for (const [index, end] of bounds.slice(1).entries()) driver.receive(bytes.subarray(bounds[index], end));
        assert.deepEqual(driver.outcome, run(bytes.toString('latin1')));
      }),
      { numRuns: 3000 },
    );
  });
});
