/** Each role at work on a real server with its own key, and everything that it must not be able to do. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { nkeyAuthenticator, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { rangeFilters } from '@sluice/contract/config-key.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { createNatsBus, type NatsBus } from '../../src/nats/nats-bus.ts';
import { natsInboxOf, natsPermissionsOf, type NatsRole, renderNatsUsers } from '../../src/nats/nats-roles.ts';
import { BusError, type ReceivedAck } from '../../src/port/config-bus.ts';
import { connectedBucket, store } from '../port/bus-harness.ts';
import { WatchRecorder } from '../port/watch-recorder.ts';
import { testTiming } from './nats-harness.ts';
import { accountConfig, createNkeyUsers, type NkeyUser } from './nkey-users.ts';

const skip = await whyNoNatsServer();
const stateService = { kind: 'StateService' } as const;
const operator = { kind: 'Operator' } as const;
const proxy = { kind: 'Proxy', id: 'edge-1' } as const;
const otherProxy = { kind: 'Proxy', id: 'edge-2' } as const;
const fleet = { kind: 'ProxyFleet' } as const;
const admin = { kind: 'Admin' } as const;
const roles: readonly NatsRole[] = [stateService, operator, proxy, otherProxy, fleet, admin];
const deployed = new URL('../../../../deploy/nats/', import.meta.url);

interface Site {
  readonly server: NatsServer;
  readonly users: readonly NkeyUser[];
}

async function startSite(scope: CleanupScope): Promise<Site> {
  const users = await createNkeyUsers(scope, roles);
  return { server: await startNatsServer(scope, { config: accountConfig(users) }), users };
}

function userOf(site: Site, role: NatsRole): NkeyUser {
  const user = site.users.find((one) => natsInboxOf(one.role) === natsInboxOf(role));
  if (user === undefined) throw new Error(`no user of ${role.kind}`);
  return user;
}

function openAs(scope: CleanupScope, site: Site, role: NatsRole): NatsBus {
  const isPublisher = role.kind === 'StateService' || role.kind === 'Operator';
  const bus = createNatsBus(
    {
      servers: [site.server.url],
      clientName: role.kind,
      inbox: natsInboxOf(role),
      auth: { kind: 'NKeySeed', file: userOf(site, role).seedFile },
      timing: testTiming,
      ...(isPublisher ? { makeBuckets: { replicas: 1 } } : {}),
    },
    { random: Math.random },
  );
  scope.after(() => bus.close());
  return bus;
}

/** The library's own client, as an attacker with the key of a role would use it. */
async function connectAs(scope: CleanupScope, site: Site, role: NatsRole): Promise<NatsConnection> {
  const connection = await connect({
    servers: site.server.url,
    authenticator: nkeyAuthenticator(userOf(site, role).seed),
    inboxPrefix: `_INBOX_${natsInboxOf(role)}`,
    reconnect: false,
  });
  scope.after(() => connection.close());
  return connection;
}

/** `publish SUBJECT` or `subscribe SUBJECT`, as far as the server refused them. */
async function refusedOf(connection: NatsConnection, attempts: readonly string[]): Promise<readonly string[]> {
  const refused: string[] = [];
  const watching = (async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      const found = /Permissions Violation for (Publish|Subscription) to "([^"]+)"/.exec(String(status.error));
      refused.push(`${found?.[1] === 'Publish' ? 'publish' : 'subscribe'} ${found?.[2]}`);
    }
  })();
  for (const attempt of attempts) {
    const [action, subject = ''] = attempt.split(' ');
    if (action === 'publish') connection.publish(subject, '{}');
    else connection.subscribe(subject, { callback: () => {} });
  }
  await connection.flush();
  await connection.close();
  await watching;
  return refused;
}

const deniedToReaders = [
  'publish $KV.sluice-config.users.evil',
  'publish $KV.sluice-config.head.users',
  'publish $KV.sluice-config.routes.evil',
  'publish $KV.sluice-config.head.routing',
  'publish $O.sluice-snapshots.C.evil',
  'publish $O.sluice-snapshots.M.evil',
  'publish $JS.API.STREAM.CREATE.KV_sluice-config',
  'publish $JS.API.STREAM.PURGE.OBJ_sluice-snapshots',
  'publish $JS.API.STREAM.INFO.OBJ_sluice-snapshots',
  'publish sluice.ack.edge-2',
  'subscribe sluice.ack.*',
  'subscribe sluice.ack.edge-1',
];
const deniedToAll = [
  'publish $KV.sluice-config.other.evil',
  'publish $KV.other.users.a',
  'publish $JS.API.INFO',
  'publish $JS.API.STREAM.UPDATE.KV_sluice-config',
  'publish $JS.API.STREAM.DELETE.KV_sluice-config',
  'publish $JS.API.STREAM.PURGE.KV_sluice-config',
  'publish $JS.API.STREAM.MSG.DELETE.KV_sluice-config',
  'publish $JS.API.STREAM.MSG.GET.KV_sluice-config',
  'publish $JS.API.STREAM.DELETE.OBJ_sluice-snapshots',
  'publish $JS.API.STREAM.CREATE.evil',
  'publish $JS.API.STREAM.NAMES',
  'publish $JS.API.STREAM.LIST',
  'publish $JS.API.STREAM.SNAPSHOT.KV_sluice-config',
  'publish $JS.API.STREAM.RESTORE.KV_sluice-config',
  'publish $JS.API.CONSUMER.CREATE.OBJ_sluice-snapshots.evil',
  'publish $JS.API.CONSUMER.DURABLE.CREATE.KV_sluice-config.evil',
  'publish $JS.API.CONSUMER.NAMES.KV_sluice-config',
  'publish $JS.API.CONSUMER.LIST.KV_sluice-config',
  'publish $JS.API.CONSUMER.INFO.KV_sluice-config.x',
  'publish $JS.API.CONSUMER.MSG.NEXT.KV_sluice-config.x',
  'publish $SYS.REQ.SERVER.PING',
  'publish _INBOX_edge-2.x',
  'publish _INBOX_state-service.x',
  'publish anything',
  'subscribe >',
  'subscribe $KV.>',
  'subscribe $KV.sluice-config.users.>',
  'subscribe $O.sluice-snapshots.>',
  'subscribe $JS.API.>',
  'subscribe $JS.EVENT.ADVISORY.>',
  'subscribe _INBOX.>',
  'subscribe _INBOX_edge-2.>',
];
const denied: readonly (readonly [NatsRole, readonly string[]])[] = [
  [proxy, [...deniedToAll, ...deniedToReaders, 'subscribe _INBOX_operator.>']],
  [
    fleet,
    [
      ...deniedToAll,
      // Any of them acknowledges as any of them; listening to acknowledgements is still not theirs.
      ...deniedToReaders.filter((attempt) => !attempt.startsWith('publish sluice.ack.')),
      'subscribe _INBOX_operator.>',
      'subscribe _INBOX_edge-1.>',
    ],
  ],
  [
    stateService,
    [
      ...deniedToAll,
      'publish $KV.sluice-config.routes.evil',
      'publish $KV.sluice-config.listeners.evil',
      'publish $KV.sluice-config.head.routing',
      'publish sluice.ack.edge-1',
      'subscribe _INBOX_operator.>',
    ],
  ],
  [
    operator,
    [
      ...deniedToAll,
      'publish $KV.sluice-config.users.evil',
      'publish $KV.sluice-config.head.users',
      'publish sluice.ack.edge-1',
      'subscribe _INBOX_state-service.>',
    ],
  ],
];

describe('roles on a NATS server', { skip }, () => {
  for (const [role, attempts] of denied) {
    test(`${role.kind} is refused each of ${attempts.length} things that are not its own`, async (t) => {
      const site = await startSite(t);
      await connectedBucket(openAs(t, site, stateService));
      const refused = await refusedOf(await connectAs(t, site, role), attempts);
      assert.deepEqual(refused.toSorted(), attempts.toSorted());
    });
  }

  test('each role is allowed each subject of its own', async (t) => {
    const site = await startSite(t);
    await connectedBucket(openAs(t, site, stateService));
    for (const role of roles) {
      const { publish, subscribe } = natsPermissionsOf(role);
      const harmless = publish.filter((subject) => !/STREAM\.(PURGE|CREATE)|^>$/.test(subject));
      const attempts = [
        ...harmless.map((subject) => `publish ${subject.replace(/[>*]$/, 'x')}`),
        ...subscribe.map((subject) => `subscribe ${subject}`),
      ];
      assert.ok(attempts.length > 0);
      assert.deepEqual(await refusedOf(await connectAs(t, site, role), attempts), [], role.kind);
    }
  });

  for (const [role, range, own, foreign] of [
    [stateService, 'users', 'users.a', 'routes.a'],
    [operator, 'routing', 'routes.a', 'users.a'],
  ] as const) {
    test(`${role.kind} makes the buckets and publishes ${range}, and only that`, async (t) => {
      const site = await startSite(t);
      const bus = openAs(t, site, role);
      await connectedBucket(bus);
      const recorder = new WatchRecorder(bus, { filters: rangeFilters(range) });
      const sequence = await store(bus, own, '1');
      assert.equal((await bus.read(own))?.sequence, sequence);
      await store(bus, `head.${range}`, 'h');
      await eventually(() => assert.deepEqual(recorder.texts, [`${own}=1`, `head.${range}=h`]));
      await bus.putBlob(`${range}-1`, Buffer.alloc(300_000, 1));
      await bus.putBlob(`${range}-2`, Buffer.alloc(300_000, 2));
      await bus.pruneBlobs(`${range}-`, [`${range}-2`]);
      assert.equal(await bus.getBlob(`${range}-1`), null);
      assert.equal((await bus.getBlob(`${range}-2`))?.byteLength, 300_000);
      assert.equal(bus.stats().denied, 0);
      const outcome = await bus.put(foreign, Buffer.from('1'), 0);
      assert.equal(outcome.kind, 'Denied');
      assert.equal(bus.stats().denied, 1);
      assert.equal(await bus.read(foreign), null);
    });
  }

  test('a proxy watches, reads and acknowledges, and writes nothing', async (t) => {
    const site = await startSite(t);
    const publisher = openAs(t, site, stateService);
    await connectedBucket(publisher);
    const acks: ReceivedAck[] = [];
    publisher.onAck((ack) => acks.push(ack));
    await store(publisher, 'users.a', '1');
    await publisher.putBlob('users-1', Buffer.from('copy'));
    const bus = openAs(t, site, proxy);
    await connectedBucket(bus);
    const recorder = new WatchRecorder(bus, { filters: [...rangeFilters('users'), ...rangeFilters('routing')] });
    const single = new WatchRecorder(bus, { filters: ['head.users'] });
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1']));
    await eventually(() => assert.ok(single.hasSnapshot));
    assert.equal(Buffer.from((await bus.getBlob('users-1')) ?? []).toString(), 'copy');
    await eventually(() => {
      bus.sendAck('edge-1', Buffer.from('applied'));
      assert.ok(acks.length > 0);
    });
    assert.equal(acks[0]?.subject, 'sluice.ack.edge-1');
    recorder.watch.close();
    assert.equal(bus.stats().denied, 0);
    assert.equal((await bus.put('users.a', Buffer.from('2'), 1)).kind, 'Denied');
    await assert.rejects(bus.putBlob('users-2', Buffer.from('x')), BusError);
    await assert.rejects(bus.pruneBlobs('users-', []), BusError);
    bus.sendAck('edge-2', Buffer.from('as another'));
    await eventually(() => assert.ok(bus.stats().denied >= 4));
    assert.ok(acks.every((ack) => ack.subject === 'sluice.ack.edge-1'));
  });

  test('proxies that share a key each watch and acknowledge under their own ids', async (t) => {
    const site = await startSite(t);
    const publisher = openAs(t, site, stateService);
    await connectedBucket(publisher);
    const acknowledged = new Set<string>();
    publisher.onAck(({ subject }) => acknowledged.add(subject));
    await store(publisher, 'users.a', '1');
    const proxies = ['pod-1', 'pod-2'].map((id) => ({ id, bus: openAs(t, site, fleet) }));
    for (const { bus } of proxies) {
      await connectedBucket(bus);
      const recorder = new WatchRecorder(bus, { filters: [...rangeFilters('users')] });
      await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1']));
    }
    await eventually(() => {
      for (const { id, bus } of proxies) bus.sendAck(id, Buffer.from('applied'));
      assert.deepEqual([...acknowledged].toSorted(), ['sluice.ack.pod-1', 'sluice.ack.pod-2']);
    });
    assert.ok(proxies.every(({ bus }) => bus.stats().denied === 0));
  });

  test('a watch that is not allowed is lost with the reason', async (t) => {
    const users = await createNkeyUsers(t, roles);
    const narrowed = accountConfig(users).replaceAll('$JS.API.CONSUMER.CREATE', '$JS.API.CONSUMER.NOTHING');
    const site = { server: await startNatsServer(t, { config: narrowed }), users };
    const bus = openAs(t, site, stateService);
    await connectedBucket(bus);
    const recorder = new WatchRecorder(bus, { filters: ['users.>'] });
    await eventually(() => assert.match(recorder.lostReasons[0] ?? '', /permission/i));
  });
});

describe('a confused deputy on a NATS server', { skip }, () => {
  let requests: readonly (readonly [string, string])[] = [];
  before(() => {
    requests = [
      ['evil1', 'sluice.ack.edge-2'],
      ['evil2', '$JS.API.STREAM.DELETE.KV_sluice-config'],
      ['evil3', '$JS.API.STREAM.PURGE.KV_sluice-config'],
      ['evil4', '$KV.sluice-config.users.evil'],
      ['evil5', '$KV.sluice-config.head.users'],
      ['evil6', `$O.sluice-snapshots.M.${Buffer.from('users-1').toString('base64')}`],
    ];
  });

  test('may aim the server at subjects that it may not write: the bucket stays whole and acks show where they are from', async (t) => {
    const site = await startSite(t);
    const publisher = openAs(t, site, stateService);
    const bucket = await connectedBucket(publisher);
    await store(publisher, 'users.a', '1');
    await publisher.putBlob('users-1', Buffer.from('copy'));
    const acks: ReceivedAck[] = [];
    publisher.onAck((ack) => acks.push(ack));
    // The server delivers only where a client listens on that very subject (a wildcard or a stream is not enough).
    const listener = await connectAs(t, site, admin);
    for (const [, subject] of requests) listener.subscribe(subject, { callback: () => {} });
    await listener.flush();
    const attacker = await connectAs(t, site, proxy);
    for (const [name, deliver_subject] of requests) {
      const config = { name, deliver_subject, ack_policy: 'none', deliver_policy: 'all', mem_storage: true };
      const subject = `$JS.API.CONSUMER.CREATE.KV_sluice-config.${name}`;
      const body = JSON.stringify({ stream_name: 'KV_sluice-config', action: 'create', config });
      const answer = (await attacker.request(subject, body)).json<{ readonly error?: { readonly err_code: number } }>();
      // Delivering into the stream itself is a cycle, which the server refuses.
      assert.equal(answer.error?.err_code === 10_081, deliver_subject.startsWith('$KV.'), deliver_subject);
    }
    await eventually(() => assert.ok(acks.length > 0));
    const honest = openAs(t, site, otherProxy);
    await connectedBucket(honest);
    await eventually(() => {
      honest.sendAck('edge-2', Buffer.from('honest'));
      assert.ok(acks.some((ack) => Buffer.from(ack.payload).toString() === 'honest'));
    });
    await store(publisher, 'users.b', '1');
    assert.equal(await connectedBucket(publisher), bucket);
    const recorder = new WatchRecorder(honest, { filters: ['>'] });
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1', 'users.b=1']));
    assert.equal(Buffer.from((await honest.getBlob('users-1')) ?? []).toString(), 'copy');
    const forged = acks.filter((ack) => Buffer.from(ack.payload).toString() !== 'honest');
    assert.ok(forged.length > 0 && forged.every((ack) => ack.subject.startsWith('$KV.sluice-config.')));
  });
});

describe('the files of deploy/nats', { skip }, () => {
  test('users.conf is what the roles come to, with placeholders for keys', async () => {
    const expected = renderNatsUsers([
      { role: stateService, nkey: '@STATE_SERVICE_NKEY@' },
      { role: operator, nkey: '@OPERATOR_NKEY@' },
      { role: admin, nkey: '@ADMIN_NKEY@' },
      { role: proxy, nkey: '@EDGE_1_NKEY@' },
    ]);
    const text = await readFile(new URL('users.conf', deployed), 'utf8');
    assert.equal(text.replace(/^#.*\n/gm, ''), expected);
  });

  test('users.conf of the chart is the same for the roles of a release, with the names of variables for keys', async () => {
    const expected = renderNatsUsers([
      { role: stateService, nkey: '$SLUICE_STATE_SERVICE_NKEY' },
      { role: operator, nkey: '$SLUICE_OPERATOR_NKEY' },
      { role: fleet, nkey: '$SLUICE_PROXY_NKEY' },
      { role: admin, nkey: '$SLUICE_ADMIN_NKEY' },
    ]);
    const text = await readFile(new URL('../../charts/nats/files/users.conf', deployed), 'utf8');
    assert.equal(text.replace(/^(?:#|include ).*\n/gm, ''), expected);
  });

  test('with keys in place of the placeholders, a server starts on them and serves the roles', async (t) => {
    const users = await createNkeyUsers(t, roles);
    const server = await startNatsServer(t);
    const site = { server, users };
    const keys = new Map([
      ['@STATE_SERVICE_NKEY@', userOf(site, stateService).nkey],
      ['@OPERATOR_NKEY@', userOf(site, operator).nkey],
      ['@ADMIN_NKEY@', userOf(site, admin).nkey],
      ['@EDGE_1_NKEY@', userOf(site, proxy).nkey],
    ]);
    const usersText = await readFile(new URL('users.conf', deployed), 'utf8');
    await writeFile(
      join(server.directory, 'users.conf'),
      usersText.replace(/@\w+@/g, (name) => keys.get(name) ?? name),
    );
    const serverText = await readFile(new URL('nats-server.conf', deployed), 'utf8');
    await server.reconfigure(serverText.slice(serverText.indexOf('accounts {')));
    const publisher = openAs(t, site, stateService);
    await connectedBucket(publisher);
    await store(publisher, 'users.a', '1');
    const reader = openAs(t, site, proxy);
    await connectedBucket(reader);
    assert.equal(Buffer.from((await reader.read('users.a'))?.value ?? []).toString(), '1');
  });
});
