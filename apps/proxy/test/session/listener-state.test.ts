import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ListenerState } from '../../src/session/listener-state.ts';
import { listenerConfig } from './listener-config.ts';
import { addressOf } from './scripted-resolver.ts';

function detected(state: ListenerState, text: string): string | null {
  const bytes = Buffer.from(text);
  return state.detect(bytes, 0, bytes.length)?.protocol ?? null;
}

describe('the state of a listener', () => {
  it('expects a PROXY header of trusted sources alone, a mapped address as the IPv4 address it is', () => {
    const state = new ListenerState(3, listenerConfig('proxyProtocol: { trust: [10.0.0.0/8, "2001:db8::/32"] }'));
    for (const source of ['10.0.0.1', '10.255.255.255', '2001:db8::1']) {
      assert.equal(state.expectsHeader(addressOf(source)), true, source);
    }
    for (const source of ['11.0.0.1', '127.0.0.1', '::1', '2001:db9::1']) {
      assert.equal(state.expectsHeader(addressOf(source)), false, source);
    }
    assert.equal(new ListenerState(0, listenerConfig()).expectsHeader(addressOf('10.0.0.1')), false);
  });

  it('routes at accept only where neither a protocol nor a header is looked for', () => {
    const trust = 'proxyProtocol: { trust: [10.0.0.0/8] }';
    const nothing = 'detect: { protocols: [] }';
    for (const [content, looksAtNothing, isImmediate] of [
      ['', false, false],
      [trust, false, false],
      [nothing, true, true],
      [`${nothing}, ${trust}`, true, false],
    ] as const) {
      const state = new ListenerState(0, listenerConfig(content));
      assert.deepEqual([state.looksAtNothing, state.isImmediate], [looksAtNothing, isImmediate], content);
    }
  });

  it('takes a reload whole: what it looks for, whom it trusts', () => {
    const trust = 'proxyProtocol: { trust: [10.0.0.0/8] }';
    const state = new ListenerState(7, listenerConfig(`detect: { protocols: [SSH] }, ${trust}`));
    assert.deepEqual([detected(state, 'SSH-2.0-x\r\n'), detected(state, 'GET / HTTP/1.1\r\n')], ['SSH', 'Unknown']);
    const next = listenerConfig('detect: { protocols: [HTTP] }');
    state.replace(next);
    assert.deepEqual([detected(state, 'SSH-2.0-x\r\n'), detected(state, 'GET / HTTP/1.1\r\n')], ['Unknown', 'HTTP']);
    assert.equal(state.expectsHeader(addressOf('10.0.0.1')), false);
    assert.deepEqual([state.id, state.name, state.config], [7, 'edge', next]);
  });
});
