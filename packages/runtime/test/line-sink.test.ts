import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type LineSinkOptions, LineSink } from '../src/line-sink.ts';
import { createFifo } from './fifo.ts';

function openSink(t: TestContext, options: LineSinkOptions): LineSink {
  const sink = new LineSink(options);
  t.after(() => sink.close());
  return sink;
}

const numbered = (count: number, padding = ''): string[] =>
  Array.from({ length: count }, (_, index) => `{"n":${index}${padding}}`);

/** The numbers of whole lines; fails on a line that is not whole. */
function numbersIn(text: string): number[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the text ends inside a line');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { n: number }).n);
}

const program = fileURLToPath(new URL('line-sink-program.ts', import.meta.url));

test('writes lines to a pipe in order, adding a newline where one is missing', async (t) => {
  const pipe = await createFifo(t);
  const sink = openSink(t, { fd: pipe.writeFd });
  assert.equal(sink.write('one'), true);
  assert.equal(sink.write('two\n'), true);
  assert.equal(await sink.flush(1_000), true);
  assert.equal(pipe.read(), 'one\ntwo\n');
  assert.equal(sink.droppedLines, 0);
});

test('leaves the flags of the descriptor it was given alone', async (t) => {
  const pipe = await createFifo(t);
  const flags = (): string =>
    /flags:\s*(\d+)/u.exec(readFileSync(`/proc/self/fdinfo/${pipe.writeFd}`, 'utf8'))?.[1] ?? '';
  const before = flags();
  const sink = openSink(t, { fd: pipe.writeFd });
  sink.write('line');
  await sink.flush(1_000);
  assert.equal(flags(), before);
});

test('keeps what fits its bound and drops and counts the rest while nobody reads the pipe', async (t) => {
  const pipe = await createFifo(t);
  const sink = openSink(t, { fd: pipe.writeFd, maxPendingBytes: 10_000 });
  const line = 'x'.repeat(99);
  const pipeBytes = 65_536;
  const startedAt = performance.now();
  for (let count = 0; count < 2_000; count += 1) {
    sink.write(line);
    if (count % 50 === 0) sink.writeNow();
  }
  assert.ok(performance.now() - startedAt < 1_000, 'writing waited for the reader');
  assert.ok(sink.pendingBytes > 0 && sink.pendingBytes <= 10_000, String(sink.pendingBytes));
  assert.ok(sink.droppedLines >= 2_000 - (pipeBytes + 10_000) / 100 - 1, String(sink.droppedLines));
  const flushedAt = performance.now();
  assert.equal(await sink.flush(100), false);
  assert.ok(performance.now() - flushedAt < 1_000, 'the flush did not keep its deadline');
});

test('loses no line and splits none when a slow reader empties a full pipe', async (t) => {
  const pipe = await createFifo(t);
  const sink = openSink(t, { fd: pipe.writeFd });
  const lines = numbered(6_000, `,"padding":"${'é'.repeat(50)}"`);
  for (const line of lines) assert.equal(sink.write(line), true);
  let text = Buffer.alloc(0);
  await eventually(
    () => {
      text = Buffer.concat([text, Buffer.from(pipe.read(10_007), 'utf8')]);
      assert.equal(sink.pendingBytes, 0);
      assert.equal(text.filter((byte) => byte === 0x0a).length, 6_000);
    },
    { intervalMs: 1, timeoutMs: 10_000 },
  );
  assert.equal(sink.droppedLines, 0);
});

test('drops whole lines only: what arrives after drops are whole lines in order', async (t) => {
  const pipe = await createFifo(t);
  const sink = openSink(t, { fd: pipe.writeFd, maxPendingBytes: 50_000 });
  const lines = numbered(5_000, `,"padding":"${'x'.repeat(333)}"`);
  let accepted = 0;
  let text = '';
  for (const [index, line] of lines.entries()) {
    if (sink.write(line)) accepted += 1;
    if (index % 64 === 0) sink.writeNow();
    if (index % 512 === 0) text += pipe.read(7_777);
  }
  await eventually(
    () => {
      text += pipe.read();
      assert.equal(sink.pendingBytes, 0);
    },
    { intervalMs: 1 },
  );
  text += pipe.read();
  const numbers = numbersIn(text);
  assert.equal(numbers.length, accepted);
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  assert.equal(accepted + sink.droppedLines, 5_000);
  assert.ok(sink.droppedLines > 0);
});

test('drops and counts when the reader has gone, and writes again when a named pipe has a new one', async (t) => {
  const pipe = await createFifo(t);
  const sink = openSink(t, { fd: pipe.writeFd });
  pipe.closeReader();
  sink.write('lost');
  assert.equal(await sink.flush(1_000), true);
  assert.equal(sink.droppedLines, 1);
  assert.equal(sink.write('lost too'), false);
  pipe.openReader();
  await eventually(() => assert.equal(sink.write('back'), true), { intervalMs: 50 });
  await sink.flush(1_000);
  assert.equal(pipe.read(), 'back\n');
});

test('drops and counts on a closed descriptor and never takes over another file of its number', async (t) => {
  const directory = await createTemporaryDirectory(t);
  const fd = openSync(join(directory, 'first'), 'w');
  const sink = openSink(t, { fd });
  closeSync(fd);
  sink.write('lost');
  sink.writeNow();
  const other = openSync(join(directory, 'second'), 'w');
  t.after(() => closeSync(other));
  assert.equal(other, fd, 'the number was not reused: the test proves nothing');
  await eventually(() => {
    sink.write('lost');
    assert.ok(sink.droppedLines > 3);
  });
  assert.equal(readFileSync(join(directory, 'second'), 'utf8'), '');
});

test('writes 100 000 lines to a regular file, beside another writer of the same description', async (t) => {
  const path = join(await createTemporaryDirectory(t), 'log');
  const fd = openSync(path, 'w');
  t.after(() => closeSync(fd));
  const sink = openSink(t, { fd, maxPendingBytes: 16 * 1024 * 1024 });
  for (const line of numbered(100_000)) sink.write(line);
  assert.equal(await sink.flush(10_000), true);
  writeSync(fd, '{"n":100000}\n');
  const numbers = numbersIn(readFileSync(path, 'utf8'));
  assert.equal(numbers.length, 100_001);
  assert.ok(numbers.every((number, index) => number === index));
  assert.equal(sink.droppedLines, 0);
});

test('keeps lines while a disk is full, within the bound', async (t) => {
  const fd = openSync('/dev/full', 'w');
  t.after(() => closeSync(fd));
  const sink = openSink(t, { fd, maxPendingBytes: 80 });
  for (const line of numbered(20)) sink.write(line);
  assert.equal(await sink.flush(50), false);
  assert.equal(sink.droppedLines, 10);
});

test('a line beyond the size bound is dropped and its neighbours are written', async (t) => {
  const path = join(await createTemporaryDirectory(t), 'log');
  const fd = openSync(path, 'w');
  t.after(() => closeSync(fd));
  const sink = openSink(t, { fd });
  sink.write('before');
  assert.equal(sink.write('x'.repeat(1024 * 1024 + 1)), false);
  sink.write('after');
  await sink.flush(1_000);
  assert.equal(readFileSync(path, 'utf8'), 'before\nafter\n');
});

test('writes to a socket, which cannot be opened a second time', async () => {
  // spawn() gives the child one end of a socket pair as its standard output.
  const child = spawn(process.execPath, [program, '5000', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0);
  assert.equal(numbersIn(text).length, 5_000);
});

test('a socket that nobody reads does not hold the exit of the process', async (t) => {
  const child = spawn(process.execPath, [program, '50000', '200'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  child.stdout.pause();
  const code = await new Promise((resolve) => child.on('exit', resolve));
  assert.equal(code, 3, 'the flush must report that lines were left');
});

test('a pipe that nobody reads does not hold the exit of the process', () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `{ "$0" "$1" 50000 200; echo "code $?" >&2; } | sleep 1`, process.execPath, program],
    { encoding: 'utf8', timeout: 10_000 },
  );
  assert.equal(status, 0);
  assert.match(stderr, /code 3/u);
});

test('runs on with its standard output closed or at /dev/null', () => {
  for (const redirection of ['>&-', '>/dev/null']) {
    const { status, stderr } = spawnSync('sh', ['-c', `"$0" "$1" 1000 100 ${redirection}`, process.execPath, program], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    assert.deepEqual({ redirection, status, stderr }, { redirection, status: 0, stderr: '' });
  }
});

test('writes to a pipe of another user, which may not be opened a second time', {
  skip: process.getuid?.() === 0 ? false : 'needs root to start a process of another user',
}, () => {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'setpriv --reuid=65534 --clear-groups "$0" "$1" 5000 0 | cat', process.execPath, program],
    { encoding: 'utf8', timeout: 10_000 },
  );
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.equal(numbersIn(stdout).length, 5_000);
});
