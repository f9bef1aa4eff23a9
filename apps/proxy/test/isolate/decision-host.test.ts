import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { parseAddress } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findLoopbackPorts } from '@sluice/testkit/loopback-ports.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { connectTcp, type TcpClient } from '@sluice/testkit/tcp-client.ts';
import type { RouteConfig } from '../../src/config/effective-config.ts';
import type { ConnectionRecord } from '../../src/session/connection-record.ts';
import { type DecisionHost, startDecisionHost } from '../../src/isolate/decision-host.ts';
import type { DriveMode, EnginePlan } from '../../src/isolate/isolate-messages.ts';
import { longestPauseMs } from '../../src/isolate/pause-meter.ts';
import { activeConnections } from '../../src/process/live-reader.ts';
import { RecordBatchReader } from '../../src/session/record-batch-reader.ts';
import { configOf } from '../config/parse-text.ts';

const echoAll = 'name: echo, match: {}, action: Echo';
const config = configOf(buildConfig({ routes: [echoAll] }));

interface Started {
  readonly host: DecisionHost;
  readonly records: ConnectionRecord[];
  readonly limits: Readonly<Record<string, number>>[];
  readonly deaths: Error[];
  /** The test has drained it. */
  isDrained: boolean;
}

/** A real worker; it is drained when the test ends, and must not have died or reported a defect. */
async function start(t: TestContext, mode: DriveMode = 'InLoop'): Promise<Started> {
  const plan: EnginePlan = { mode, threads: 1, fdBudget: 256, datapath: config.datapath };
  const reader = new RecordBatchReader('p');
  const defects: string[] = [];
  const started = {
    records: [] as ConnectionRecord[],
    limits: [] as Started['limits'],
    deaths: [] as Error[],
    isDrained: false,
  };
  const host = await startDecisionHost(plan, {
    onRecords(batch) {
      reader.learn(batch);
      started.records.push(...reader.records(batch));
    },
    onLimits: (limits) => void started.limits.push(limits),
    onDefect: (message) => void defects.push(message),
    onDeath: (error) => void started.deaths.push(error),
  });
  t.after(async () => {
    if (!started.isDrained) await host.drain(0);
    assert.deepEqual([defects, started.deaths], [[], []]);
  });
  return Object.assign(started, { host });
}

async function apply(host: DecisionHost, text: string): Promise<readonly string[]> {
  assert.equal(await host.prepare(configOf(text)), null);
  return (await host.commit()).flatMap(({ addresses }) => addresses);
}

async function echoThrough(t: TestContext, address: string | undefined): Promise<TcpClient> {
  const client = await connectTcp(t, parseAddress(address ?? ''));
  client.send('SSH-2.0-x');
  assert.equal((await client.receive(9)).toString(), 'SSH-2.0-x');
  return client;
}

/** Speaks, and gets no answer. */
async function refused(t: TestContext, address: string | undefined): Promise<void> {
  const client = await connectTcp(t, parseAddress(address ?? ''));
  client.send('SSH-2.0-x');
  await client.end();
  assert.equal(client.buffered, 0);
}

/** Connects, and leaves at once. */
async function visit(t: TestContext, address: string | undefined): Promise<void> {
  const client = await connectTcp(t, parseAddress(address ?? ''));
  client.socket.destroy();
}

describe('the decision host', () => {
  for (const mode of ['InLoop', 'Threads', 'Handoff'] as const) {
    it(`serves what is committed and ships the records of what has ended (${mode})`, async (t) => {
      const { host, records } = await start(t, mode);
      assert.equal(host.regions.length, mode === 'Handoff' ? 2 : 1);
      const [address] = await apply(host, buildConfig({ routes: [echoAll] }));
      const client = await echoThrough(t, address);
      assert.equal(activeConnections(host), 1);
      client.finish();
      await eventually(() => assert.equal(records.length, 1));
      const [record] = records;
      assert.deepEqual(
        [record?.client, record?.route, record?.reason, record?.bytesUp],
        [client.localAddress, 'echo', 'Finished', 9],
      );
      assert.ok(longestPauseMs(host.pauses) > 0);
    });
  }

  it('says which listener cannot be bound, and then takes another configuration', async (t) => {
    const taken = await openServer(t, createServer());
    const { host } = await start(t);
    const bind = `127.0.0.1:${taken.port}`;
    const failures = await host.prepare(configOf(buildConfig({ routes: [echoAll], bind })));
    assert.deepEqual(failures, [{ listener: 'edge', bind, systemCode: 'EADDRINUSE' }]);
    const [address] = await apply(host, buildConfig({ routes: [echoAll] }));
    await echoThrough(t, address);
  });

  it('forgets what is aborted', async (t) => {
    const { host } = await start(t);
    const [address] = await apply(host, buildConfig({ routes: [echoAll] }));
    const ban = configOf(buildConfig({ routes: ['name: ban, match: {}, action: Ban'], bind: '[::1]:0' }));
    assert.equal(await host.prepare(ban), null);
    await host.abort();
    await echoThrough(t, address);
    await assert.rejects(host.commit(), /commit without prepare/);
  });

  it('puts a configuration of many parts in force whole', async (t) => {
    const { host, records } = await start(t);
    const routes = Array.from({ length: 2500 }, (_, index) => {
      return `name: r${index}, match: { sni: [h${index}.example.com] }, action: Ban`;
    });
    const [address] = await apply(host, buildConfig({ routes: [...routes, echoAll] }));
    const client = await echoThrough(t, address);
    client.finish();
    await eventually(() => assert.equal(records[0]?.route, 'echo'));
  });

  it('changes single routes of those in force, all at once and not before the commit', async (t) => {
    const { host } = await start(t);
    const rest = Array.from(
      { length: 2500 },
      (_, index) => `name: r${index}, match: { sni: [h${index}.test] }, action: Ban`,
    );
    const whole = configOf(buildConfig({ routes: [...rest, echoAll] }));
    assert.equal(await host.prepare(whole), null);
    const address = (await host.commit())[0]?.addresses[0];
    const others = whole.routes.slice(0, -1);
    const banned = configOf(
      buildConfig({ routes: ['name: ban, match: { protocol: SSH }, action: Ban', echoAll] }),
    ).routes;
    const withBan = { ...whole, routes: [...banned.slice(0, 1), ...others.slice(1), ...whole.routes.slice(-1)] };
    assert.equal(await host.prepare(withBan, 'Kept'), null);
    await echoThrough(t, address);
    await host.abort();
    await echoThrough(t, address);
    assert.equal(await host.prepare(withBan, 'Kept'), null);
    await host.commit();
    await refused(t, address);
    assert.equal(await host.prepare(whole, 'Kept'), null);
    await host.commit();
    await echoThrough(t, address);
  });

  it('changes more routes than one turn can compile, and routes that changed places', async (t) => {
    const { host } = await start(t);
    const two = (first: string, second: string): readonly string[] => [
      `name: first, match: { protocol: SSH }, action: ${first}`,
      `name: second, match: { protocol: SSH }, action: ${second}`,
    ];
    const whole = configOf(buildConfig({ routes: two('Echo', 'Ban') }));
    assert.equal(await host.prepare(whole), null);
    const address = (await host.commit())[0]?.addresses[0];
    await echoThrough(t, address);
    const swapped = { ...whole, routes: whole.routes.toReversed() };
    // All stand behind one name: each that comes makes all be compiled anew.
    const many = Array.from({ length: 1500 }, () => ({ ...whole.routes[0], name: 'more' }) as RouteConfig);
    const oneMore = { ...whole.routes[0], name: 'last' } as RouteConfig;
    for (const routes of [swapped.routes, [...swapped.routes, ...many], [...swapped.routes, ...many, oneMore]]) {
      assert.equal(await host.prepare({ ...whole, routes }, 'Kept'), null);
      await host.commit();
      await refused(t, address);
    }
    assert.equal(await host.prepare(whole, 'Kept'), null);
    await host.commit();
    await echoThrough(t, address);
  });

  it('refuses a second request while one is under way', async (t) => {
    const { host } = await start(t);
    const first = host.prepare(config);
    await assert.rejects(host.prepare(config), { code: 'SLUICE_DECISION_ISOLATE' });
    assert.equal(await first, null);
    await host.abort();
  });

  it('drains: accepts no more, waits for what is open, cuts what outlives the time, and counts it', async (t) => {
    const started = await start(t);
    const { host, records } = started;
    started.isDrained = true;
    const [address] = await apply(host, buildConfig({ routes: [echoAll] }));
    const [leaving, staying] = [await echoThrough(t, address), await echoThrough(t, address)];
    const drained = host.drain(300);
    await eventually(() => assert.rejects(visit(t, address), { code: 'ECONNREFUSED' }), { intervalMs: 2 });
    leaving.send('still');
    await leaving.receive(5);
    leaving.finish();
    assert.equal(await drained, 1);
    assert.match(await staying.end(), /Ended|Reset/);
    const endOf = (client: TcpClient): string | undefined =>
      records.find((record) => record.client === client.localAddress)?.reason;
    await eventually(() => assert.deepEqual([endOf(leaving), endOf(staying)], ['Finished', 'DrainTimeout']));
    await assert.rejects(host.abort(), /has ended/);
  });

  it('drains with a configuration prepared: its ports are closed too', async (t) => {
    const started = await start(t);
    const { host } = started;
    started.isDrained = true;
    const [address] = await apply(host, buildConfig({ routes: [echoAll] }));
    await echoThrough(t, address);
    const free = await findLoopbackPorts(1);
    const bind = `${free.host}:${free.ports[0]}`;
    assert.equal(await host.prepare(configOf(buildConfig({ routes: [echoAll], bind }))), null);
    await visit(t, bind);
    const drained = host.drain(2000);
    await eventually(() => assert.rejects(visit(t, bind), { code: 'ECONNREFUSED' }), {
      timeoutMs: 1000,
      intervalMs: 2,
    });
    assert.equal(await drained, 1);
  });

  it('rejects when the isolate cannot start', async () => {
    const plan: EnginePlan = { mode: 'Threads', threads: 1000, fdBudget: 256, datapath: config.datapath };
    const ignore = (): void => {};
    const deps = { onRecords: ignore, onLimits: ignore, onDefect: ignore, onDeath: ignore };
    await assert.rejects(startDecisionHost(plan, deps), { code: 'SLUICE_DECISION_ISOLATE' });
  });
});
