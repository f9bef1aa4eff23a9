import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import { KubeApiError, KubeTransportError } from '@sluice/kube/port/kube-error.ts';
import type { KubeObject, ObjectName } from '@sluice/kube/port/kube-object.ts';
import { initSecrets, type InitSecretsDeps } from '../../src/install/init-secrets.ts';
import { UnusableSecretError } from '../../src/install/unusable-secret-error.ts';

const needs = { prefix: 'edge', nats: false, postgres: null, stateService: false, grafana: false };
const options = { needs, namespace: 'proxies', installation: 'edge', timeoutMs: 30_000 };

/** Secrets as the API server keeps them; the first requests fail as the test says. */
class Server {
  readonly secrets = new Map<string, KubeObject>();
  readonly warnings: string[] = [];
  readonly #failures: (() => Error)[];

  constructor(failures: readonly (() => Error)[] = []) {
    this.#failures = [...failures];
  }

  deps(signal = new AbortController().signal): InitSecretsDeps {
    const client = {
      get: async (_: unknown, { name }: ObjectName) => {
        this.#fail();
        const found = this.secrets.get(name);
        if (found === undefined) throw new KubeApiError('no such Secret', { status: 404, reason: 'NotFound' });
        return await Promise.resolve(found);
      },
      create: async (_: unknown, object: KubeObject) => {
        this.#fail();
        this.secrets.set(object.metadata.name, object);
        return await Promise.resolve(object);
      },
      replace: () => Promise.reject(new Error('nothing is to be replaced')),
    } as Pick<KubeClient, 'get' | 'create' | 'replace'>;
    const logger = { info: () => {}, warn: (message: string) => void this.warnings.push(message) };
    return { client, logger, randomBytes, random: () => 0, signal };
  }

  #fail(): void {
    const failure = this.#failures.shift();
    if (failure !== undefined) throw failure();
  }
}

const unreachable = (): Error => new KubeTransportError('connection refused', 'Unreachable');
const forbidden = (): Error => new KubeApiError('not yet', { status: 403, reason: 'Forbidden' });

test('waits for an API server that is away, and for leave that it does not know of yet', async () => {
  const server = new Server([unreachable, forbidden]);
  const made = await initSecrets(options, server.deps());
  assert.deepEqual(made, { created: ['edge-ack-key'], updated: [], present: [] });
  assert.deepEqual(server.warnings, ['waiting to make secrets', 'waiting to make secrets']);
});

test('labels what it makes, so that it can be found and deleted together', async () => {
  const server = new Server();
  await initSecrets(options, server.deps());
  const secret = server.secrets.get('edge-ack-key');
  assert.equal(secret?.metadata.namespace, 'proxies');
  assert.equal(secret.metadata.labels?.['sluice.dev/installation'], 'edge');
});

test('ends with what went wrong last when its time is over', async () => {
  const server = new Server(Array.from({ length: 1000 }, () => unreachable));
  await assert.rejects(initSecrets({ ...options, timeoutMs: 400 }, server.deps()), /connection refused/);
  assert.ok(server.warnings.length > 0);
});

test('ends at once when it is asked to', async () => {
  const stop = new AbortController();
  const server = new Server(Array.from({ length: 1000 }, () => unreachable));
  const ended = initSecrets(options, server.deps(stop.signal));
  stop.abort(new Error('asked to stop'));
  await assert.rejects(ended);
});

test('does not wait for a Secret that cannot be used', async () => {
  const server = new Server();
  const data = { key: Buffer.from(' ').toString('base64') };
  server.secrets.set('edge-ack-key', { metadata: { name: 'edge-ack-key' }, data } as KubeObject);
  await assert.rejects(initSecrets(options, server.deps()), UnusableSecretError);
  assert.deepEqual(server.warnings, []);
});
