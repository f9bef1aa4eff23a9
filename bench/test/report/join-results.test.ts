import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinResults, type RunResults, UnlikeRunsError } from '../../src/report/join-results.ts';
import { markdownReport } from '../../src/report/markdown-report.ts';

const machine = {
  date: '2026-01-01T00:00:00.000Z',
  loadAverage: '0.10',
  cpuCount: 2,
  cpuModel: 'a CPU',
  memoryGiB: 24,
  kernel: '6.18',
  congestionControl: 'cubic',
  openFilesLimit: 20_000,
};

interface Changes {
  readonly date?: string;
  readonly rounds?: number;
  readonly kernel?: string;
}

function run(scenarios: readonly string[], { date = machine.date, rounds = 5, kernel = machine.kernel }: Changes = {}) {
  const results: RunResults = {
    facts: {
      machine: { ...machine, date, kernel },
      contestants: [{ name: 'sluice', version: '1', description: date }],
      ...{ rounds, seconds: 1, warmUpSeconds: 0.2, seed: 1, maxForeignCpus: 0.6, elapsedSeconds: 10 },
    },
    outcomes: scenarios.map((name) => ({
      scenario: { kind: 'memory', name, title: `${name} of ${date}`, contestants: ['sluice'] },
      samples: [],
      absences: [],
      roundsDone: 2,
    })) as unknown as RunResults['outcomes'],
  };
  return results;
}

test('takes each scenario whole from the last run that has it, in the order of the catalogue', () => {
  const joined = joinResults([run(['a', 'c']), run(['b', 'c'], { date: 'later' })], ['a', 'b', 'c']);
  assert.deepEqual(
    joined.outcomes.map(({ scenario }) => scenario.title),
    [`a of ${machine.date}`, 'b of later', 'c of later'],
  );
  assert.deepEqual(
    joined.facts.parts?.map(({ date, scenarios }) => ({ date, scenarios })),
    [
      { date: machine.date, scenarios: ['a'] },
      { date: 'later', scenarios: ['b', 'c'] },
    ],
  );
  assert.equal(joined.facts.elapsedSeconds, 20);
});

test('says of every part when it was measured', () => {
  const joined = joinResults([run(['a']), run(['b'], { date: 'later' })], ['a', 'b']);
  const lines = markdownReport(joined.facts, [], []).split('\n');
  assert.ok(lines.some((line) => line.startsWith(`- Run (a): ${machine.date}, load average before it 0.10, 10 s`)));
  assert.ok(lines.some((line) => line.startsWith('- Run (b): later')));
});

test('refuses runs that cannot stand in one table', () => {
  for (const other of [run(['b'], { rounds: 4 }), run(['b'], { kernel: '6.1' })]) {
    assert.throws(() => joinResults([run(['a']), other], ['a', 'b']), UnlikeRunsError);
  }
});
