import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrafficReport } from '../../src/load/traffic-load.ts';
import { EmptySampleError, roundValues, sampleOf } from '../../src/run/sample.ts';

const cpu = (before: number, after: number) => ({ before: String(before * 1e9), after: String(after * 1e9) });
const stat = (idle: number, steal: number) => `cpu  0 0 0 ${idle * 100} 0 0 0 ${steal * 100} 0 0\n`;
const snmp = (segments: number) => `Tcp: OutSegs\nTcp: ${segments}\n`;

const report: TrafficReport = {
  seconds: 2,
  aborted: false,
  ok: 1000,
  rts: 4000,
  bytes: 5e9,
  err: 2,
  errWarmUp: 1,
  errors: { connect: 2 },
  p50: 500,
  p99: 900,
  p999: 1000,
  max: 2000,
  watched: {
    proxy: cpu(10, 10.5),
    client: cpu(1, 1.2),
    origin: cpu(2, 2.3),
    all: cpu(50, 51.4),
    machine: { before: stat(100, 1), after: stat(101.5, 1.1) },
    tcp: { before: snmp(0), after: snmp(17_000) },
  },
};
const origin = { contestant: 'sluice', round: 3, cpuCount: 2 } as const;
const close = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}`);

test('CPU, rate and packets are given for each connection', () => {
  const sample = sampleOf(report, { ...origin, mode: 'conn' });
  close(sample.values.proxyCpu, 0.5 / 1000);
  close(sample.values.togetherCpu, 1.0 / 1000);
  close(sample.values.machineBusy, (4 - 1.5 - 0.1) / 1000);
  close(sample.values.rate, 500);
  close(sample.values.packets, 17);
  close(sample.values.p99, 0.0009);
  assert.equal(sample.errors, 3);
});

test('what others used is what is left of all tasks, for each second', () => {
  const sample = sampleOf(report, { ...origin, mode: 'conn' });
  close(sample.foreignCpus, 0.2);
  close(sample.stealCpus, 0.05);
});

test('bulk is divided by gigabytes, round trips by round trips', () => {
  close(sampleOf(report, { ...origin, mode: 'down' }).values.proxyCpu, 0.1);
  close(sampleOf(report, { ...origin, mode: 'up' }).values.rate, 2.5);
  close(sampleOf(report, { ...origin, mode: 'ping' }).values.proxyCpu, 0.5 / 4000);
});

test('a run without work is an error, not an infinitely cheap proxy', () => {
  assert.throws(() => sampleOf({ ...report, ok: 0 }, { ...origin, mode: 'conn' }), EmptySampleError);
  assert.throws(() => sampleOf({ ...report, aborted: true }, { ...origin, mode: 'conn' }), EmptySampleError);
});

test('values are taken of one contestant and one metric', () => {
  const samples = [
    sampleOf(report, { ...origin, mode: 'conn' }),
    sampleOf(report, { ...origin, contestant: 'nginx', mode: 'conn' }),
  ];
  assert.deepEqual(roundValues(samples, 'nginx', 'rate'), [{ round: 3, value: 500 }]);
});
