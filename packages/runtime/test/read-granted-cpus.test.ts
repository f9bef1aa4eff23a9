import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type CgroupRoots, readGrantedCpus } from '../src/read-granted-cpus.ts';

async function writeRoots(t: TestContext, files: Readonly<Record<string, string>>): Promise<CgroupRoots> {
  const directory = await createTemporaryDirectory(t);
  for (const [name, text] of Object.entries({ 'proc/status': 'Cpus_allowed_list:\t0-7\n', ...files })) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return { procSelf: join(directory, 'proc'), cgroupRoot: join(directory, 'cgroup') };
}

test('reads a version 2 quota of an outer group', async (t) => {
  const roots = await writeRoots(t, {
    'proc/cgroup': '0::/kubepods/pod/container\n',
    'cgroup/kubepods/pod/cpu.max': '250000 100000\n',
    'cgroup/kubepods/pod/container/cpu.max': 'max 100000\n',
  });
  assert.deepEqual(readGrantedCpus(roots), { cpus: 2.5, limitedBy: 'Quota' });
});

test('finds the container limit at the root of the mount when the path is the host one', async (t) => {
  const roots = await writeRoots(t, {
    'proc/cgroup': '4:cpuset:/docker/abc\n2:cpu,cpuacct:/docker/abc\n',
    'cgroup/cpu/cpu.cfs_quota_us': '100000\n',
    'cgroup/cpu/cpu.cfs_period_us': '100000\n',
    'cgroup/cpuset/cpuset.effective_cpus': '0-3\n',
  });
  assert.deepEqual(readGrantedCpus(roots), { cpus: 1, limitedBy: 'Quota' });
});

test('grants what the scheduler allows when there is no cgroup, and the machine when there is no /proc', async (t) => {
  assert.deepEqual(readGrantedCpus(await writeRoots(t, {})), { cpus: 8, limitedBy: 'Machine' });
  assert.deepEqual(readGrantedCpus({ procSelf: '/nonexistent', cgroupRoot: '/nonexistent' }), {
    cpus: availableParallelism(),
    limitedBy: 'Machine',
  });
});

test('reads this very machine', () => {
  const { cpus } = readGrantedCpus();
  assert.ok(cpus > 0 && cpus <= 4_096);
});
