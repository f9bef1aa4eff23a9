import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNatsBus } from '../../src/nats/nats-bus.ts';
import { type NatsBusConfig, NatsConfigError, readNatsConfig } from '../../src/nats/nats-config.ts';

const smallest: NatsBusConfig = { servers: ['nats://nats'], clientName: 'sluice-proxy edge-1', inbox: 'edge-1' };

test('completes the smallest configuration', () => {
  const settings = readNatsConfig(smallest);
  assert.equal(settings.inboxPrefix, '_INBOX_edge-1');
  assert.deepEqual([settings.tls, settings.auth, settings.replicas], [null, null, null]);
  assert.equal(settings.timing.pingIntervalMs * settings.timing.maxPingsOut, 10_000);
  // A bucket made anew is to be noticed within five seconds.
  assert.ok(settings.timing.identityIntervalMs + settings.timing.requestTimeoutMs < 5_000);
});

test('keeps the times it is given and completes the others', () => {
  const { timing } = readNatsConfig({ ...smallest, timing: { pingIntervalMs: 100 } });
  assert.deepEqual([timing.pingIntervalMs, timing.maxPingsOut], [100, 2]);
});

const refused: readonly (readonly [string, Partial<NatsBusConfig>, RegExp])[] = [
  ['no server', { servers: [] }, /1 to 64 servers/],
  ['too many servers', { servers: Array.from({ length: 65 }, () => 'nats') }, /1 to 64 servers/],
  ['a server that is none', { servers: ['http://nats'] }, /NATS server "http:\/\/nats"/],
  ['an inbox with a dot', { inbox: 'a.b' }, /inbox/],
  ['an inbox with a wildcard', { inbox: '>' }, /inbox/],
  ['an empty inbox', { inbox: '' }, /inbox/],
  ['a certificate without its key', { tls: { certFile: '/tls.crt' } }, /both/],
  ['a key without its certificate', { tls: { keyFile: '/tls.key' } }, /both/],
  ['two replicas', { makeBuckets: { replicas: 2 } }, /replicas/],
  ['a time of nothing', { timing: { heartbeatMs: 0 } }, /heartbeatMs is 0/],
  ['a time that is not whole', { timing: { heartbeatMs: 1.5 } }, /heartbeatMs is 1.5/],
  ['no room for puts', { limits: { maxPendingPuts: -1 } }, /maxPendingPuts/],
];

for (const [what, wrong, reason] of refused) {
  test(`refuses ${what} before anything is opened`, () => {
    const config = { ...smallest, ...wrong };
    assert.throws(
      () => createNatsBus(config, { random: Math.random }),
      (error) => error instanceof NatsConfigError && reason.test(error.message),
    );
  });
}
