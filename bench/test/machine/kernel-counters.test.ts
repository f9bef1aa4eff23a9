import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import {
  KernelCounterError,
  listensOn,
  parseGroupCpuSeconds,
  parseMachineTime,
  parseTcpOutSegments,
  parseUserMemoryBytes,
} from '../../src/machine/kernel-counters.ts';

test('a version 1 counter is nanoseconds', () => {
  assert.equal(parseGroupCpuSeconds('2500000000\n'), 2.5);
});

test('a version 2 counter is the microseconds of usage_usec', () => {
  assert.equal(parseGroupCpuSeconds('usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n'), 1.5);
});

test('an empty counter is an error, not zero', () => {
  assert.throws(() => parseGroupCpuSeconds(''), KernelCounterError);
  assert.throws(() => parseMachineTime('cpu  1 2 3\n'), KernelCounterError);
  assert.throws(() => parseTcpOutSegments('Udp: InDatagrams\nUdp: 1\n'), KernelCounterError);
  assert.throws(() => parseUserMemoryBytes('Rss: 1 kB\n'), KernelCounterError);
});

test('idle and waiting CPUs count as idle, stolen time apart', () => {
  const text = 'cpu  100 0 200 3000 50 0 10 40 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  assert.deepEqual(parseMachineTime(text), { idleSeconds: 30.5, stealSeconds: 0.4 });
});

test('the column of OutSegs is found by its name', () => {
  assert.equal(parseTcpOutSegments('Ip: A B\nIp: 1 2\nTcp: InSegs OutSegs RetransSegs\nTcp: 7 8 9\n'), 8);
});

test('user memory is anonymous and shared pages by share, without files', () => {
  const text = 'Rss: 900 kB\nPss: 500 kB\nPss_Anon:     100 kB\nPss_File:     380 kB\nPss_Shmem:     20 kB\n';
  assert.equal(parseUserMemoryBytes(text), 120 * 1024);
});

test('the files of this very machine are understood', async () => {
  assert.ok(parseMachineTime(await readFile('/proc/stat', 'utf8')).idleSeconds > 0);
  assert.ok(parseTcpOutSegments(await readFile('/proc/net/snmp', 'utf8')) >= 0);
  assert.ok(parseUserMemoryBytes(await readFile('/proc/self/smaps_rollup', 'utf8')) > 2 ** 20);
});

test('a listening port is seen in /proc/net/tcp, another is not', async (t) => {
  const server = createServer();
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const table = await readFile('/proc/self/net/tcp', 'utf8');
  assert.equal(listensOn(table, address.port), true);
  assert.equal(listensOn(table, 1), false);
});
