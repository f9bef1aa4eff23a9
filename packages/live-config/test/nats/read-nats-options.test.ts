import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGivenOptions } from '@sluice/runtime/command/given-options.ts';
import { type NatsPublisherOptions, publisherBusConfig } from '../../src/nats/publisher-bus-config.ts';
import { natsOptionNames, readNatsOptions } from '../../src/nats/read-nats-options.ts';

function read(...args: readonly string[]): NatsPublisherOptions | null {
  const options = { names: natsOptionNames, repeatable: ['nats'], environmentPrefix: 'SLUICE_' } as const;
  return readNatsOptions(readGivenOptions(options, args, {}));
}

describe('the NATS options of a publisher', () => {
  it('are none when no server is named', () => {
    assert.equal(read('--nats-ca', '/ca'), null);
  });

  it('have one replica, nobody who connects and no TLS unless they say so', () => {
    const plain = {
      servers: ['nats://a', 'nats://b'],
      credentialsFile: null,
      nkeySeedFile: null,
      tls: null,
      replicas: 1,
    };
    assert.deepEqual(read('--nats', 'nats://a', '--nats', 'nats://b'), plain);
  });

  it('refuse two ways to connect and replicas that JetStream does not place', () => {
    const both = ['--nats', 'a', '--nats-credentials', '/c', '--nats-nkey-seed', '/s'];
    assert.throws(() => read(...both), { code: 'SLUICE_USAGE', message: /give one of/ });
    for (const replicas of ['0', '2', '4', '6']) {
      assert.throws(() => read('--nats', 'a', '--nats-replicas', replicas), { code: 'SLUICE_USAGE' });
    }
  });

  it('become a bus that makes its buckets and hears its own inbox', () => {
    const options = read('--nats', 'tls://a', '--nats-nkey-seed', '/s', '--nats-ca', '/ca', '--nats-replicas', '3');
    assert.ok(options !== null);
    const role = { kind: 'StateService' } as const;
    assert.deepEqual(publisherBusConfig(options, { clientName: 'sluice-state', role }), {
      servers: ['tls://a'],
      auth: { kind: 'NKeySeed', file: '/s' },
      tls: { caFile: '/ca' },
      clientName: 'sluice-state',
      inbox: 'state-service',
      makeBuckets: { replicas: 3 },
    });
  });
});
