import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { ConfigWatcher, defaultWatchTimes, type WatchTimes } from '../../src/control/config-watcher.ts';

interface Watched {
  readonly directory: string;
  readonly path: string;
  readonly changes: () => number;
  /** Makes a change and fails unless it is reported within `withinMs`. */
  readonly expectReport: (change: () => void, withinMs?: number) => Promise<void>;
}

/** So slow a poll that only events can be the reason of a report. */
const eventsOnly: WatchTimes = { ...defaultWatchTimes, pollMs: 3_600_000 };

async function startWatching(t: TestContext, path: string, times: WatchTimes): Promise<Omit<Watched, 'directory'>> {
  let changes = 0;
  const watcher = new ConfigWatcher({
    path,
    times,
    onChange: () => {
      changes += 1;
    },
    onDegraded: (error) => assert.fail(String(error)),
  });
  t.after(() => watcher.close());
  await eventually(() => assert.equal(changes, 1, 'the report after the start'));
  const expectReport = async (change: () => void, withinMs = 1_000): Promise<void> => {
    const before = changes;
    change();
    await eventually(() => assert.ok(changes > before, 'not reported'), { timeoutMs: withinMs, intervalMs: 5 });
  };
  return { path, changes: () => changes, expectReport };
}

async function watchFile(t: TestContext, times: WatchTimes = eventsOnly): Promise<Watched> {
  const directory = join(await createTemporaryDirectory(t), 'config');
  mkdirSync(directory);
  const path = join(directory, 'sluice.yaml');
  writeFileSync(path, 'a: 1\n');
  return { directory, ...(await startWatching(t, path, times)) };
}

/** The steps of Kubernetes' AtomicWriter: a new directory, `..data` replaced by rename, the old directory removed. */
function publishConfigMap(directory: string, version: number, text: string): void {
  const name = `..2026_01_02_${version}`;
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'sluice.yaml'), text);
  symlinkSync(name, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  if (version > 1) rmSync(join(directory, `..2026_01_02_${version - 1}`), { recursive: true });
}

test('reports a write in place, again and again', async (t) => {
  const { path, expectReport } = await watchFile(t);
  for (let round = 0; round < 3; round += 1) await expectReport(() => writeFileSync(path, `a: ${round}\n`), 500);
  await expectReport(() => appendFileSync(path, 'b: 1\n'), 500);
});

test('reports a file renamed over it, and writes to the new file', async (t) => {
  const { directory, path, expectReport } = await watchFile(t);
  for (let round = 0; round < 3; round += 1) {
    writeFileSync(join(directory, 'new'), `a: ${round}\n`);
    await expectReport(() => renameSync(join(directory, 'new'), path), 500);
  }
  await expectReport(() => writeFileSync(path, 'a: 9\n'), 500);
});

test('reports each update of a mounted ConfigMap, though only a directory link changes', async (t) => {
  const directory = await createTemporaryDirectory(t);
  publishConfigMap(directory, 1, 'a: 1\n');
  symlinkSync('..data/sluice.yaml', join(directory, 'sluice.yaml'));
  const { expectReport } = await startWatching(t, join(directory, 'sluice.yaml'), eventsOnly);
  for (let version = 2; version < 6; version += 1) {
    await expectReport(() => publishConfigMap(directory, version, 'a: 1\n'), 500);
  }
});

test('follows a chain of links through other directories, absolute and relative', async (t) => {
  const directory = await createTemporaryDirectory(t);
  for (const name of ['etc', 'current', 'release-1', 'release-2']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'release-1/sluice.yaml'), 'a: 1\n');
  writeFileSync(join(directory, 'release-2/sluice.yaml'), 'a: 2\n');
  symlinkSync('../release-1', join(directory, 'current/release'));
  symlinkSync(join(directory, 'current/release/sluice.yaml'), join(directory, 'etc/sluice.yaml'));
  const { expectReport } = await startWatching(t, join(directory, 'etc/sluice.yaml'), eventsOnly);
  await expectReport(() => {
    symlinkSync('../release-2', join(directory, 'current/next'));
    renameSync(join(directory, 'current/next'), join(directory, 'current/release'));
  });
  await expectReport(() => writeFileSync(join(directory, 'release-2/sluice.yaml'), 'a: 3\n'));
});

test('reports that the file vanished and that it is back, its directory too', async (t) => {
  const { directory, path, expectReport } = await watchFile(t);
  await expectReport(() => rmSync(path));
  await expectReport(() => writeFileSync(path, 'a: 2\n'), 500);
  await expectReport(() => rmSync(directory, { recursive: true }));
  await expectReport(() => {
    mkdirSync(directory);
    writeFileSync(path, 'a: 3\n');
  });
  await expectReport(() => writeFileSync(path, 'a: 4\n'), 500);
});

test('copes with directories that come and go while it looks for them', async (t) => {
  const directory = await createTemporaryDirectory(t);
  for (const name of ['etc', 'a', 'b']) mkdirSync(join(directory, name));
  for (const name of ['a', 'b']) writeFileSync(join(directory, name, 'sluice.yaml'), `${name}: 1\n`);
  symlinkSync('../a/sluice.yaml', join(directory, 'etc/sluice.yaml'));
  const { expectReport } = await startWatching(t, join(directory, 'etc/sluice.yaml'), {
    ...defaultWatchTimes,
    pollMs: 2,
  });
  for (let round = 0; round < 400; round += 1) {
    const [gone, kept] = round % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
    symlinkSync(`../${kept}/sluice.yaml`, join(directory, 'etc/next'));
    renameSync(join(directory, 'etc/next'), join(directory, 'etc/sluice.yaml'));
    // It may be anywhere in its look by then.
    for (let turn = 0; turn < round % 8; turn += 1) await stat(directory);
    rmSync(join(directory, gone), { recursive: true });
    for (let turn = 0; turn < round % 3; turn += 1) await stat(directory);
    mkdirSync(join(directory, gone));
    writeFileSync(join(directory, gone, 'sluice.yaml'), `${gone}: ${round}\n`);
  }
  await expectReport(() => writeFileSync(join(directory, 'a/sluice.yaml'), 'a: last\n'));
});

test('reports once for what an editor does to save: away, anew, truncated, written in pieces', async (t) => {
  const { path, changes, expectReport } = await watchFile(t);
  await expectReport(() => {
    renameSync(path, `${path}~`);
    writeFileSync(path, '');
    appendFileSync(path, 'a: 2\n');
    appendFileSync(path, 'b: 2\n');
    rmSync(`${path}~`);
  });
  const before = changes();
  await expectReport(() => writeFileSync(path, ''));
  assert.equal(changes(), before + 1);
});

test('does not report an empty file that is written a moment later on its own', async (t) => {
  const { path, changes } = await watchFile(t);
  const before = changes();
  writeFileSync(path, '');
  await pause(120);
  assert.equal(changes(), before, 'reported the empty file');
  writeFileSync(path, 'a: 2\n');
  await eventually(() => assert.equal(changes(), before + 1), { timeoutMs: 500 });
});

test('reports under writes that never pause, without the silence it waits for otherwise', async (t) => {
  // A silence that the busiest machine does not make by itself: only the longest delay can be the reason of the report.
  const { path, changes } = await watchFile(t, { ...eventsOnly, settleMs: 30_000, doubtMs: 30_000 });
  const before = changes();
  const startedAt = performance.now();
  for (let round = 0; changes() === before; round += 1) {
    assert.ok(performance.now() - startedAt < 15_000, 'not reported while writing goes on');
    writeFileSync(path, `a: ${round}\n`);
    await pause(5);
  }
  assert.ok(performance.now() - startedAt > 300, 'did not wait at all');
});

test('reports what sends no event to the directory (a write through another hard link) by polling', async (t) => {
  const { directory, path, expectReport } = await watchFile(t, defaultWatchTimes);
  const other = join(directory, '..', 'other');
  linkSync(path, other);
  await expectReport(() => writeFileSync(other, 'a: 2\n'));
});

test('is not moved by other files of the directory', async (t) => {
  const { directory, changes, expectReport, path } = await watchFile(t, defaultWatchTimes);
  const before = changes();
  for (let round = 0; round < 50; round += 1) {
    writeFileSync(join(directory, `other-${round % 3}`), String(round));
    await pause(10);
  }
  assert.equal(changes(), before);
  await expectReport(() => writeFileSync(path, 'a: 2\n'));
});

test('reports nothing once closed', async (t) => {
  const directory = await createTemporaryDirectory(t);
  const path = join(directory, 'sluice.yaml');
  let changes = 0;
  const watcher = new ConfigWatcher({
    path,
    onChange: () => {
      changes += 1;
    },
    onDegraded: () => {},
  });
  writeFileSync(path, 'a: 1\n');
  watcher.close();
  await pause(500);
  assert.equal(changes, 0);
});

test('says so and goes on by polling where a directory cannot be watched', {
  skip: process.getuid?.() === 0 ? false : 'needs root to start a process of another user',
}, async (t) => {
  const { directory, path } = await watchFile(t);
  for (const place of [directory, dirname(directory)]) chmodSync(place, 0o711);
  const program = fileURLToPath(new URL('config-watcher-program.ts', import.meta.url));
  const child = spawn('setpriv', ['--reuid=65534', '--clear-groups', process.execPath, program, path]);
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await eventually(() => assert.deepEqual(lines.toSorted(), ['changed', 'degraded EACCES']));
  writeFileSync(path, 'a: 2\n');
  await eventually(() => assert.equal(lines.filter((line) => line === 'changed').length, 2), { timeoutMs: 1_000 });
});
