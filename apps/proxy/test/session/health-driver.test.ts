import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import type { TcpClient } from '@sluice/testkit/tcp-client.ts';
import { openProxy } from './open-proxy.ts';

const route = 'name: health, match: {}, action: Health';
const request = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

/** One answer to a GET that keeps the connection. */
async function answer(client: TcpClient): Promise<string> {
  return await client.receiveThrough('OK\n');
}

describe('the health driver', () => {
  it('answers on and on over one connection, and the client that then leaves has finished', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [route] }));
    const client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      client.send(request);
      assert.match(await answer(client), /^HTTP\/1\.1 200 OK\r\n/);
    }
    client.finish();
    assert.equal(await client.end(), 'Ended');
    const record = await proxy.recordOf(client);
    assert.deepEqual([record.closedBy, record.reason, record.route], ['Client', 'Finished', 'health']);
    assert.deepEqual([record.protocol, record.bytesUp], ['HTTP', 3 * request.length]);
  });

  it('answers each of many pipelined requests, more than fit one reply, and each split anywhere', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [route] }));
    const count = 40;
    const client = await proxy.connect();
    client.send(request.repeat(count));
    client.finish();
    const all = (await client.receiveAll()).toString();
    assert.equal(all.split('HTTP/1.1 200 OK').length - 1, count);
    assert.equal(await proxy.endOf(client), 'Client Finished');
    const slow = await proxy.connect();
    for (const byte of request.repeat(2)) slow.send(byte);
    await answer(slow);
    await answer(slow);
    assert.equal(slow.buffered, 0);
  });

  it('closes behind the answer to a client that asks for it, and behind a refusal', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [route] }));
    const asking = await proxy.connect();
    asking.send('GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
    assert.match((await asking.receiveAll()).toString(), /OK\n$/);
    assert.equal(await proxy.endOf(asking), 'Client Finished');
    const tunnelling = await proxy.connect();
    tunnelling.send('CONNECT a:1 HTTP/1.1\r\n\r\n');
    assert.match((await tunnelling.receiveAll()).toString(), /^HTTP\/1\.1 405 /);
    assert.equal(await proxy.endOf(tunnelling), 'Policy NotAllowed');
    const other = await proxy.connect();
    other.send('SSH-2.0-x\r\n');
    assert.equal((await other.receiveAll()).length, 0);
    assert.equal(await proxy.endOf(other), 'Policy ProtocolError');
  });

  it('gives a begun request the detection deadline, and no byte of it moves that', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [route], listener: 'detect: { timeout: 200ms }' }));
    const first = await proxy.connect();
    first.send('GET / HTTP/1.1\r\nHost: a\r\n');
    assert.equal((await first.receiveAll()).length, 0);
    assert.equal(await proxy.endOf(first), 'Deadline DetectTimeout');
    const second = await proxy.connect();
    second.send(request);
    await answer(second);
    second.send('GET /');
    assert.equal((await second.receiveAll()).length, 0);
    assert.equal(await proxy.endOf(second), 'Deadline DetectTimeout');
  });

  it('lets a client idle between requests as long as `idle` says', async (t) => {
    const listener = 'detect: { timeout: 20s }, timeouts: { idle: 60ms }';
    const proxy = openProxy(t, buildConfig({ routes: [route], listener }));
    const client = await proxy.connect();
    client.send(request);
    await answer(client);
    assert.equal(await client.end(), 'Ended');
    assert.equal(await proxy.endOf(client), 'Deadline IdleTimeout');
  });

  it('calls a client gone that leaves in the middle of a request', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [route] }));
    const client = await proxy.connect();
    client.send(`${request}GET /`);
    await answer(client);
    client.finish();
    assert.equal(await client.end(), 'Ended');
    assert.equal(await proxy.endOf(client), 'Client ClientGone');
  });
});
