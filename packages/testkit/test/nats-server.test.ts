import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../src/eventually.ts';
import { whyNoNatsServer } from '../src/find-nats-server.ts';
import { type NatsServer, startNatsCluster, startNatsServer } from '../src/nats-server.ts';
import { within } from '../src/within.ts';

const skip = await whyNoNatsServer();

interface Info {
  readonly server_name: string;
  readonly version: string;
  readonly jetstream: boolean;
}

/** What the server says first on a new connection. */
async function readInfo(server: NatsServer): Promise<Info> {
  const socket = connect(server.port, server.host);
  try {
    const [line] = (await within(2_000, 'INFO', once(socket, 'data'))) as [Buffer];
    return JSON.parse(line.toString().slice('INFO '.length)) as Info;
  } finally {
    socket.destroy();
  }
}

test('starts a server with JetStream and ends it with the test', { skip }, async (t) => {
  let pid: number | undefined;
  let server: NatsServer | undefined;
  await t.test('inner', async (inner) => {
    server = await startNatsServer(inner);
    pid = server.pid();
    assert.equal((await readInfo(server)).jetstream, true);
  });
  assert.notEqual(pid, undefined);
  assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});

test('restarts a killed server on the same port', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const before = server.pid();
  await server.kill();
  await assert.rejects(readInfo(server), { code: 'ECONNREFUSED' });
  await server.restart();
  assert.notEqual(server.pid(), before);
  assert.equal((await readInfo(server)).server_name, 'n1');
});

test('pauses a server, which then accepts and says nothing, and resumes it', { skip }, async (t) => {
  const server = await startNatsServer(t);
  server.pause();
  await assert.rejects(readInfo(server), /not within/);
  server.resume();
  assert.equal((await readInfo(server)).jetstream, true);
});

test('kills a paused server in teardown', { skip }, async (t) => {
  let pid: number | undefined;
  await t.test('inner', async (inner) => {
    const server = await startNatsServer(inner);
    pid = server.pid();
    server.pause();
  });
  assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});

test('adds to the configuration, and says what the server did not like about it', { skip }, async (t) => {
  await assert.rejects(startNatsServer(t, { config: 'authorization: { nonsense: 1 }' }), /nonsense/);
});

test('reads a replaced configuration', { skip }, async (t) => {
  const server = await startNatsServer(t, { config: 'max_payload: 1000000' });
  await server.reconfigure('max_payload: 65536');
  await eventually(async () => {
    const { max_payload } = (await server.monitor('/varz')) as { readonly max_payload: number };
    assert.equal(max_payload, 65_536);
  });
});

test('starts a cluster of three that know each other', { skip }, async (t) => {
  const cluster = await startNatsCluster(t);
  const infos = await Promise.all(cluster.nodes.map(readInfo));
  assert.deepEqual(
    infos.map((info) => info.server_name),
    ['n1', 'n2', 'n3'],
  );
  assert.equal(new Set(cluster.urls).size, 3);
});
