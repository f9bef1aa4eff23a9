/** A proxy process with live configuration in the test's own process: a real decision isolate, a real replica, any bus. */
import assert from 'node:assert/strict';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { createReplica } from '@sluice/live-config/replica/replica.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger } from '@sluice/runtime/logger.ts';
import { parseAddress } from '@sluice/testkit/address.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { connectTcp, type TcpClient } from '@sluice/testkit/tcp-client.ts';
import { formatIssue } from '../../../src/config/config-issue.ts';
import type { ControlStatus } from '../../../src/control/live/control-status.ts';
import { LiveControl } from '../../../src/control/live/live-control.ts';
import type { ConfigInHand } from '../../../src/process/config-in-hand.ts';
import { planEngine } from '../../../src/process/engine-plan.ts';
import { type ProxyProcess, startProxyProcess } from '../../../src/process/proxy-process.ts';
import { configOf } from '../../config/parse-text.ts';

export class LiveProxy {
  readonly proxy: ProxyProcess;
  readonly control: LiveControl;
  readonly logs: Record<string, unknown>[];

  constructor(proxy: ProxyProcess, control: LiveControl, logs: Record<string, unknown>[]) {
    this.proxy = proxy;
    this.control = control;
    this.logs = logs;
  }

  get status(): ControlStatus {
    const { status } = this.control;
    assert.ok(status !== null);
    return status;
  }

  /** `key: reason` of what a range has rejected. */
  rejected(range: string): readonly string[] {
    const status = this.status.ranges.find((each) => each.range === range);
    return (status?.rejected ?? []).map(({ key, reason }) => `${key}: ${reason}`);
  }

  async reload(text: string): Promise<readonly string[]> {
    return (await this.proxy.apply(inHand(text))).map(formatIssue);
  }

  address(listener: string): string {
    const address = this.proxy.listeners.find(({ name }) => name === listener)?.addresses[0];
    assert.ok(address !== undefined, `no listener ${listener}`);
    return address;
  }

  async connect(scope: CleanupScope, listener: string): Promise<TcpClient> {
    return await connectTcp(scope, parseAddress(this.address(listener)));
  }

  /** What SOCKS5 answers: the reply code, or `refused` when the login is. */
  async socks5(
    scope: CleanupScope,
    to: { readonly host: string; readonly port: number },
    login: readonly [user: string, password: string],
  ): Promise<{ readonly answer: number | 'refused'; readonly client: TcpClient }> {
    const client = await this.connect(scope, 'edge');
    client.send(buildSocks5Greeting([2]));
    await client.receive(2);
    client.send(buildSocks5Login(...login));
    if ((await client.receive(2))[1] !== 0) return { answer: 'refused', client };
    client.send(buildSocks5Connect(to.host, to.port));
    return { answer: (await client.receive(10))[1] ?? -1, client };
  }
}

function inHand(text: string): ConfigInHand {
  return { file: 'sluice.yaml', text, config: configOf(text), digest: 'd' };
}

/** Starts one that serves the text and follows what the bus carries; ended with the test. */
export async function startLiveProxy(
  scope: CleanupScope,
  text: string,
  { bus, name }: { readonly bus: () => ConfigBus; readonly name: string },
): Promise<LiveProxy> {
  const source = inHand(text);
  const logs: Record<string, unknown>[] = [];
  const sink = { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger('info', { sink, nowMs: Date.now });
  const proxy = await startProxyProcess({
    plan: planEngine(source.config.datapath, { maxFds: 400, cpus: 1 }),
    pipeBytes: 0,
    sink: new LineSink(),
    logger,
    version: 'test',
    nowMs: Date.now,
    onDeath: (error) => assert.fail(error),
  });
  const control = new LiveControl({
    openBus: bus,
    createReplica,
    apply: (request) => proxy.applyLive(request),
    logger,
    hostName: name,
    instance: `${name}-1`,
    nowMs: Date.now,
    random: Math.random,
  });
  scope.after(async () => {
    await control.close();
    await proxy.drain();
    await proxy.close();
  });
  proxy.watchControl(control);
  assert.deepEqual(await proxy.apply(source), []);
  await control.configure(source.config.control);
  return new LiveProxy(proxy, control, logs);
}
