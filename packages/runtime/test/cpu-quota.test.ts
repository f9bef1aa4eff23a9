import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { grantedCpus, parseCgroupPaths, parseCpuList } from '../src/cpu-quota.ts';

test('finds the paths of version 2, version 1 and both at once', () => {
  assert.deepEqual(parseCgroupPaths('0::/kubepods/pod1\n'), { unified: '/kubepods/pod1', cpu: null, cpuset: null });
  assert.deepEqual(parseCgroupPaths('9:name=systemd:/s\n3:cpuset:/c\n2:cpu,cpuacct:/a:b\n0::/u\n'), {
    unified: '/u',
    cpu: '/a:b',
    cpuset: '/c',
  });
  assert.deepEqual(parseCgroupPaths(''), { unified: null, cpu: null, cpuset: null });
});

test('counts the CPUs of a list', () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ['0\n', 1],
    ['0-3', 4],
    ['0-3,8,10-11\n', 7],
    ['', null],
    ['3-1', null],
    ['a', null],
    ['0-', null],
  ];
  for (const [text, count] of cases) assert.equal(parseCpuList(text), count, JSON.stringify(text));
});

test('takes the least of machine, cpusets and quotas on the way to the root', () => {
  const cases = [
    [[], 8, 'Machine'],
    [[{ cpuMax: 'max 100000\n' }], 8, 'Machine'],
    [[{ cpuMax: '150000 100000\n' }], 1.5, 'Quota'],
    [[{ cpuMax: '400000 100000\n' }, { cpuMax: '200000 100000\n' }], 2, 'Quota'],
    [[{ cfsQuotaUs: '-1\n', cfsPeriodUs: '100000\n' }], 8, 'Machine'],
    [[{ cfsQuotaUs: '50000\n', cfsPeriodUs: '100000\n' }], 0.5, 'Quota'],
    [[{ cpuset: '0-1\n' }, { cpuMax: '300000 100000' }], 2, 'Cpuset'],
    [[{ cpuset: '\n', cpuMax: '' }], 8, 'Machine'],
    [[{ cpuMax: '1600000 100000' }], 8, 'Machine'],
  ] as const;
  for (const [levels, cpus, limitedBy] of cases) {
    assert.deepEqual(grantedCpus(8, levels), { cpus, limitedBy }, JSON.stringify(levels));
  }
});

test('never grants nothing, never more than the machine, whatever the files say', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^-?\d{1,7}( \d{1,7})?\n?$/u), fc.constant('max 100000'));
  const level = fc.record({ cpuMax: text, cfsQuotaUs: text, cfsPeriodUs: text, cpuset: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(level, { maxLength: 4 }), (levels) => {
      const { cpus } = grantedCpus(4, levels);
      assert.ok(cpus > 0 && cpus <= 4, String(cpus));
    }),
  );
});
