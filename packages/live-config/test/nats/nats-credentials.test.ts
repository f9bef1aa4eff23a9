/** Who a bus is on a real server, and how it knows the server: keys, credentials files, certificates, and their rotation. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { createSelfSignedCertificate } from '@sluice/testkit/self-signed-certificate.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { createNatsBus, type NatsBus } from '../../src/nats/nats-bus.ts';
import type { NatsBusConfig } from '../../src/nats/nats-config.ts';
import { natsInboxOf } from '../../src/nats/nats-roles.ts';
import type { ConnectionState } from '../../src/port/config-bus.ts';
import { connectedBucket, recordStates, store } from '../port/bus-harness.ts';
import { testTiming } from './nats-harness.ts';
import { createJwtSite } from './nats-jwt.ts';
import { accountConfig, createNkeyUsers } from './nkey-users.ts';

const skip = await whyNoNatsServer();
const skipTls = skip === false && !hasCommand('openssl') ? 'openssl is not installed' : skip;
const stateService = { kind: 'StateService' } as const;
const slow = { timeoutMs: 60_000 };

function open(t: TestContext, config: Omit<NatsBusConfig, 'clientName' | 'inbox'>): NatsBus {
  const who = { clientName: 'test', inbox: natsInboxOf(stateService) };
  const bus = createNatsBus(
    { ...who, makeBuckets: { replicas: 1 }, timing: testTiming, ...config },
    { random: Math.random },
  );
  t.after(() => bus.close());
  return bus;
}

async function untilDisconnected(states: readonly ConnectionState[], pattern: RegExp): Promise<void> {
  await eventually(() => {
    const last = states.at(-1);
    assert.match(last?.kind === 'Disconnected' ? last.reason : 'connected', pattern);
  }, slow);
}

test('reads its seed again for each connection: a key that is replaced is used from then on', { skip }, async (t) => {
  const [before, after] = await createNkeyUsers(t, [stateService, { kind: 'Proxy', id: 'state-service' }]);
  assert.ok(before !== undefined && after !== undefined);
  const server = await startNatsServer(t, { config: accountConfig([before]) });
  const seedFile = join(await createTemporaryDirectory(t), 'seed.nk');
  await writeFile(seedFile, before.seed);
  const bus = open(t, { servers: [server.url], auth: { kind: 'NKeySeed', file: seedFile } });
  const states = recordStates(bus);
  await connectedBucket(bus);
  // The old user is gone: the server ends its connection and lets it in no more.
  await server.reconfigure(accountConfig([{ ...after, role: stateService }]));
  await untilDisconnected(states, /authorization/i);
  const failures = bus.stats().failedConnects;
  await eventually(() => assert.ok(bus.stats().failedConnects >= failures + 4, 'goes on trying'), slow);
  await writeFile(seedFile, after.seed);
  await connectedBucket(bus);
  await store(bus, 'users.a', '1');
});

test('goes on trying while its seed file is missing or holds no seed, and never shows what is in it', {
  skip,
}, async (t) => {
  const [user] = await createNkeyUsers(t, [stateService]);
  assert.ok(user !== undefined);
  const server = await startNatsServer(t, { config: accountConfig([user]) });
  const file = join(await createTemporaryDirectory(t), 'seed.nk');
  const bus = open(t, { servers: [server.url], auth: { kind: 'NKeySeed', file } });
  const states = recordStates(bus);
  await untilDisconnected(states, /ENOENT/);
  const seed = new TextDecoder().decode(user.seed);
  // In its middle: some bits of the last character mean nothing.
  const broken = seed.slice(0, 30) + (seed[30] === 'A' ? 'B' : 'A') + seed.slice(31);
  await writeFile(file, broken);
  await untilDisconnected(states, /holds no user seed/);
  await writeFile(file, user.seed);
  await connectedBucket(bus);
  assert.ok(!JSON.stringify(states).includes(broken.slice(0, 20)));
});

test('connects with a credentials file, and is let in again with another one', { skip }, async (t) => {
  const site = createJwtSite();
  const server = await startNatsServer(t, { config: site.serverConfig });
  const file = join(await createTemporaryDirectory(t), 'user.creds');
  await writeFile(file, 'nothing yet');
  const bus = open(t, { servers: [server.url], auth: { kind: 'Credentials', file } });
  const states = recordStates(bus);
  await untilDisconnected(states, /user\.creds/);
  await writeFile(file, site.credentialsOf(stateService));
  await connectedBucket(bus);
  await store(bus, 'users.a', '1');
  assert.equal((await bus.put('routes.a', Buffer.from('1'), 0)).kind, 'Denied');
  await writeFile(file, createJwtSite().credentialsOf(stateService));
  await server.restart();
  await untilDisconnected(states, /authorization/i);
  await writeFile(file, site.credentialsOf(stateService));
  await connectedBucket(bus);
});

test('speaks TLS with its own certificate to a server that asks for one', { skip: skipTls }, async (t) => {
  const authority = await createSelfSignedCertificate(t, ['localhost']);
  const keyFile = join(await createTemporaryDirectory(t), 'key.pem');
  await writeFile(keyFile, authority.key);
  const tls = `tls { cert_file: "${authority.certPath}", key_file: "${keyFile}", ca_file: "${authority.certPath}", verify: true }`;
  const server = await startNatsServer(t, { config: tls, host: '127.0.0.1' });
  const files = { caFile: authority.certPath, certFile: authority.certPath, keyFile };
  const bus = open(t, { servers: [`tls://localhost:${server.port}`], tls: files });
  await connectedBucket(bus);
  await store(bus, 'users.a', '1');

  const unknown = open(t, { servers: [`tls://localhost:${server.port}`] });
  await untilDisconnected(recordStates(unknown), /self-signed certificate/);
  const otherName = open(t, { servers: [`tls://127.0.0.1:${server.port}`], tls: files });
  await untilDisconnected(recordStates(otherName), /does not match certificate/);
  const anonymous = open(t, { servers: [`tls://localhost:${server.port}`], tls: { caFile: authority.certPath } });
  await untilDisconnected(recordStates(anonymous), /certificate|closed the connection|ECONNRESET/);
});

test('does not speak to a server without TLS when it was told tls://', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const bus = open(t, { servers: [server.url.replace('nats://', 'tls://')] });
  await untilDisconnected(recordStates(bus), /TLS is configured and this server has none/);
});
