import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { holdTable } from './hold-table.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });

test('a client that leaves while its key is looked up takes no place from others', async (t) => {
  const { client, service, log, connectionString } = await openService(t, postgres, {
    bounds: { maxActiveRequests: 2 },
  });
  const held = await holdTable(t, connectionString, 'api_keys');
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${client.key}` };
  const asked = Array.from({ length: 4 }, () =>
    fetch(`${service.url}/v1/users`, { headers, signal: leaving.signal }).then(
      () => 'answered',
      () => 'left',
    ),
  );
  await held.untilWaiting(asked.length);
  leaving.abort();
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(['left']));
  await eventually(() => assert.equal(log.lines.filter((line) => line.includes('"status":499')).length, asked.length));
  await held.release();
  // What was asked before is answered before.
  await eventually(() => client.expect(200, 'GET', '/v1/users'), { timeoutMs: 5_000 });
  await eventually(async () => {
    const metrics = new PrometheusText(await (await fetch(`${service.url}/metrics`)).text());
    assert.equal(metrics.sum('sluice_state_requests_active'), 0);
  });
});

test('a connection that nobody ends does not keep the service from ending', async (t) => {
  const ending: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown) => void ending.push(end) };
  const { service } = await openService(scope, postgres, { hasAdminListener: true });
  const { port, hostname } = new URL(service.adminUrl ?? '');
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n');
  await fetch(`${service.adminUrl}/healthz`);
  const begun = performance.now();
  for (const end of ending) await end();
  assert.ok(performance.now() - begun < 8_000, `it took ${performance.now() - begun} ms`);
});
