import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../src/report/judge.ts';
import type { RatioTarget } from '../../src/report/targets.ts';
import type { TrafficOutcome } from '../../src/run/run-traffic-scenario.ts';
import type { Sample } from '../../src/run/sample.ts';

const target: RatioTarget = {
  kind: 'ratio',
  scenario: 'conn-64',
  text: 'CPU per connection',
  metric: 'proxyCpu',
  subject: 'sluice',
  against: ['haproxy', 'nginx'],
  limit: 0.9,
};

interface Cost {
  readonly proxy: number;
  readonly machine: number;
  readonly foreignCpus?: number;
}

function samplesOf(contestant: string, costs: readonly Cost[]): readonly Sample[] {
  return costs.map(({ proxy, machine, foreignCpus }, round) => ({
    contestant,
    round,
    errors: 0,
    foreignCpus: foreignCpus ?? 0,
    stealCpus: 0,
    values: { proxyCpu: proxy, machineBusy: machine, togetherCpu: 1, rate: 1, p50: 1, p99: 1, p999: 1, packets: 20 },
  }));
}

function outcomeOf(samples: readonly Sample[]): TrafficOutcome {
  return {
    scenario: {
      kind: 'traffic',
      name: 'conn-64',
      title: '',
      mode: 'conn',
      front: 'sni',
      connections: 64,
      contestants: ['sluice', 'haproxy', 'nginx'],
      quick: true,
    },
    samples,
    absences: [],
    roundsDone: 3,
  };
}

const thrice = (proxy: number, machine: number): readonly Cost[] =>
  [1, 1.5, 0.7].map((drift) => ({ proxy: proxy * drift, machine: machine * drift }));
const haproxy = samplesOf('haproxy', thrice(100, 200));
const nginx = samplesOf('nginx', thrice(90, 190));

test('the better of several is the one that decides', () => {
  const judgement = judge(target, [outcomeOf([...samplesOf('sluice', thrice(80, 180)), ...haproxy, ...nginx])], 1);
  assert.equal(judgement.verdict, 'pass');
  assert.equal(judgement.against, 'nginx');
  assert.equal(judgement.measured?.median.toFixed(3), '0.889');
});

test('a ratio above the limit is a miss', () => {
  const judgement = judge(target, [outcomeOf([...samplesOf('sluice', thrice(85, 180)), ...haproxy, ...nginx])], 1);
  assert.equal(judgement.verdict, 'miss');
});

test('a cheaper cgroup on a busier machine is unclear, not a pass', () => {
  const judgement = judge(target, [outcomeOf([...samplesOf('sluice', thrice(60, 210)), ...haproxy, ...nginx])], 1);
  assert.equal(judgement.verdict, 'unclear');
});

test('a limit above 1 allows the machine as much', () => {
  const samples = [...samplesOf('sluice', thrice(92, 195)), ...haproxy, ...nginx];
  assert.equal(judge({ ...target, limit: 1.05 }, [outcomeOf(samples)], 1).verdict, 'pass');
});

test('without the subject, a peer or the scenario nothing is judged', () => {
  assert.equal(judge(target, [], 1).verdict, 'not measured');
  assert.equal(judge(target, [outcomeOf(haproxy)], 1).verdict, 'not measured');
  assert.equal(judge(target, [outcomeOf(samplesOf('sluice', thrice(1, 1)))], 1).verdict, 'not measured');
});

test('a run that neighbours disturbed counts in no pair', () => {
  const disturbed = samplesOf('sluice', [
    { proxy: 80, machine: 180 },
    { proxy: 500, machine: 900, foreignCpus: 1.2 },
  ]);
  const judgement = judge(target, [outcomeOf([...disturbed, ...haproxy, ...nginx])], 0.6);
  assert.equal(judgement.measured?.count, 1);
  assert.equal(judgement.verdict, 'pass');
});

test('memory is the slope between the readings', () => {
  const memory = {
    scenario: {
      kind: 'memory',
      name: 'idle-memory',
      title: '',
      contestants: ['sluice'],
      quick: true,
      held: [0, 1000],
      trafficBytes: 1,
    },
    samples: [
      {
        contestant: 'sluice',
        round: 0,
        connections: 1000,
        baseBytes: 50_000_000,
        beforeTrafficBytes: 50_700_000,
        afterTrafficBytes: 52_000_000,
        errors: 0,
      },
    ],
    absences: [],
    roundsDone: 1,
  } as const;
  const limit = { kind: 'memory', scenario: 'idle-memory', text: '', subject: 'sluice', limit: 1024 } as const;
  assert.equal(judge({ ...limit, phase: 'before' }, [memory], 1).measured?.median, 700);
  assert.equal(judge({ ...limit, phase: 'before' }, [memory], 1).verdict, 'pass');
  assert.equal(judge({ ...limit, phase: 'after' }, [memory], 1).verdict, 'miss');
});
