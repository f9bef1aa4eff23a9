import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { EffectiveConfig } from '../../src/config/effective-config.ts';
import { planEngine } from '../../src/process/engine-plan.ts';
import { configOf, withListener } from '../config/parse-text.ts';

type Datapath = EffectiveConfig['datapath'];

const { datapath } = configOf(withListener(''));

function modeOf(mode: Datapath['mode'], cpus: number): string {
  return planEngine({ ...datapath, mode }, { maxFds: 1024, cpus }).mode;
}

function threadsOf(workers: number, cpus: number): number {
  return planEngine({ ...datapath, workers }, { maxFds: 1024, cpus }).threads;
}

function fdBudgetOf(maxFds: number): number {
  return planEngine(datapath, { maxFds, cpus: 4 }).fdBudget;
}

describe('the engine plan', () => {
  it('relays in-loop up to two CPUs of the cgroup, in threads above', () => {
    const modes = [0.5, 1, 2, 2.5, 3, 64].map((cpus) => modeOf('Auto', cpus));
    assert.deepEqual(modes, ['InLoop', 'InLoop', 'InLoop', 'Threads', 'Threads', 'Threads']);
  });

  it('takes the mode a person asked for, whatever the CPUs', () => {
    for (const cpus of [0.5, 64]) {
      assert.deepEqual(
        (['InLoop', 'Workers', 'Handoff'] as const).map((mode) => modeOf(mode, cpus)),
        ['InLoop', 'Threads', 'Handoff'],
      );
    }
  });

  it('leaves one CPU to the decisions, and takes the workers a person asked for', () => {
    assert.deepEqual(
      [0.5, 1, 2.5, 3, 8].map((cpus) => threadsOf(0, cpus)),
      [1, 1, 1, 2, 7],
    );
    assert.deepEqual([threadsOf(3, 1), threadsOf(63, 2), threadsOf(0, 256)], [3, 63, 63]);
  });

  it('keeps descriptors back for the runtime, a quarter where there are few', () => {
    assert.deepEqual([1_048_576, 1024, 512, 256].map(fdBudgetOf), [1_048_320, 768, 384, 192]);
    assert.deepEqual([128, 64, 20].map(fdBudgetOf), [64, 16, 16]);
  });

  it('never plans what the engine cannot run', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Auto' as const, 'InLoop' as const, 'Workers' as const, 'Handoff' as const),
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0.01, max: 1024, noNaN: true }),
        fc.integer({ min: 0, max: 2 ** 30 }),
        (mode, workers, cpus, maxFds) => {
          const plan = planEngine({ ...datapath, mode, workers }, { maxFds, cpus });
          assert.ok(Number.isInteger(plan.threads) && plan.threads >= 1 && plan.threads < 64);
          assert.ok(Number.isInteger(plan.fdBudget) && plan.fdBudget >= 16);
          assert.ok(plan.fdBudget <= Math.max(16, maxFds - 64));
          assert.equal(plan.datapath.mode, mode);
        },
      ),
    );
  });
});
