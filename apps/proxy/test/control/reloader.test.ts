import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '@sluice/runtime/logger.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import type { ConfigIssue } from '../../src/config/config-issue.ts';
import { loadConfig } from '../../src/control/load-config.ts';
import { createReloader, type Reloader, type ReloadTarget } from '../../src/control/reloader.ts';
import type { ConfigInHand } from '../../src/process/config-in-hand.ts';
import { withListener } from '../config/parse-text.ts';

interface LogLine {
  readonly msg: string;
  readonly digest?: string | null;
  readonly errors?: readonly string[];
  readonly listeners?: unknown;
  readonly admin?: unknown;
  readonly note?: string;
}

/** Takes configurations as the process does: what comes of one, and when, is the test's. */
class Target implements ReloadTarget {
  readonly listeners = [{ name: 'edge', id: 0, addresses: ['127.0.0.1:4430'] }];
  readonly adminAddress = '127.0.0.1:9900';
  readonly applied: ConfigInHand[] = [];
  rejectedCount = 0;
  outcome: () => Promise<readonly ConfigIssue[]> = () => Promise.resolve([]);

  async apply(source: ConfigInHand): Promise<readonly ConfigIssue[]> {
    this.applied.push(source);
    return await this.outcome();
  }

  countRejectedReload(): void {
    this.rejectedCount += 1;
  }
}

interface Opened {
  readonly path: string;
  readonly reloader: Reloader;
  readonly target: Target;
  readonly lines: LogLine[];
  /** Replaces the file in one step and tells the reloader. */
  readonly change: (text: string) => Promise<void>;
  /** The line at that place, once it is there. */
  readonly line: (index: number) => Promise<LogLine>;
}

const routes = (name: string): string => withListener(`routes: [{ name: ${name}, match: {}, action: Echo }]\n`);

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function open(t: TestContext): Promise<Opened> {
  const path = join(await createTemporaryDirectory(t), 'sluice.yaml');
  await writeFile(path, routes('first'));
  const loaded = await loadConfig(path, {});
  assert.ok(loaded.kind === 'valid');
  const lines: LogLine[] = [];
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  const target = new Target();
  const logger = createLogger('info', { sink, nowMs: () => 0 });
  const reloader = createReloader({ ...loaded, file: path }, { path, env: {}, proxy: target, logger });
  t.after(() => reloader.stop());
  return {
    ...{ path, reloader, target, lines },
    async change(text) {
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
      reloader.reload('FileChanged');
    },
    line: (index) =>
      eventually(
        () => {
          const line = lines[index];
          assert.ok(line !== undefined, `no line ${index}`);
          return line;
        },
        { intervalMs: 2 },
      ),
  };
}

describe('the reloader', () => {
  it('puts a changed file in force and says where it is served', async (t) => {
    const { target, change, line } = await open(t);
    await change(routes('second'));
    const { msg, digest, admin, listeners } = await line(0);
    assert.deepEqual(
      { msg, digest, admin, listeners },
      {
        msg: 'reloaded',
        digest: digestOf(routes('second')),
        admin: '127.0.0.1:9900',
        listeners: [{ name: 'edge', addresses: ['127.0.0.1:4430'] }],
      },
    );
    assert.equal(target.applied[0]?.config.routes[0]?.name, 'second');
  });

  it('answers who asks always, a touched file only when its content is another', async (t) => {
    const { target, reloader, lines, line } = await open(t);
    reloader.reload('FileChanged');
    reloader.reload('Asked');
    assert.equal((await line(0)).msg, 'reloaded');
    reloader.reload('Asked');
    assert.equal((await line(1)).msg, 'reloaded');
    reloader.reload('FileChanged');
    await reloader.stop();
    assert.deepEqual([lines.length, target.applied.length], [2, 2]);
  });

  it('rejects a bad file once, applies nothing of it, and takes the next good one', async (t) => {
    const { path, target, reloader, lines, change, line } = await open(t);
    const bad = withListener('routess: []\nroutes: 7\n');
    await change(bad);
    const { msg, digest, errors = [] } = await line(0);
    assert.deepEqual([msg, digest, errors.length], ['reload rejected', digestOf(bad), 2]);
    assert.ok(errors[0]?.startsWith(`${path}:4:1: `), String(errors[0]));
    reloader.reload('FileChanged');
    await change(routes('first'));
    assert.deepEqual([(await line(1)).msg, lines.length], ['reloaded', 2]);
    assert.deepEqual([target.applied.length, target.rejectedCount], [1, 1]);
  });

  it('rejects a file that has vanished, and takes it when it is back', async (t) => {
    const { path, target, reloader, change, line } = await open(t);
    await rm(path);
    reloader.reload('FileChanged');
    const { msg, digest, errors } = await line(0);
    assert.deepEqual([msg, digest], ['reload rejected', null]);
    assert.match(errors?.join('\n') ?? '', /no such file/);
    await change(routes('first'));
    assert.equal((await line(1)).msg, 'reloaded');
    assert.equal(target.rejectedCount, 1);
  });

  it('rejects what is read at the start only, compared with what is in force', async (t) => {
    const { path, target, change, line } = await open(t);
    const other = withListener('datapath: { splice: false }\n');
    await change(other);
    assert.deepEqual((await line(0)).errors, [
      `${path}:4:11: datapath is read at the start only and cannot change in a reload` +
        ' (take the change back, or restart sluice)',
    ]);
    await change(`# again\n${other}`);
    assert.equal((await line(1)).msg, 'reload rejected');
    await change(withListener('datapath: { splice: true }\n'));
    assert.equal((await line(2)).msg, 'reloaded');
    assert.deepEqual([target.applied.length, target.rejectedCount], [1, 2]);
  });

  it('says what could not be bound, and tries again when asked', async (t) => {
    const { path, target, reloader, change, line } = await open(t);
    const issue = { file: path, line: 3, column: 12, message: 'cannot bind', remedy: 'choose another' };
    target.outcome = () => Promise.resolve([issue]);
    await change(routes('second'));
    const { msg, errors } = await line(0);
    assert.deepEqual([msg, errors], ['reload rejected', [`${path}:3:12: cannot bind (choose another)`]]);
    target.outcome = () => Promise.resolve([]);
    reloader.reload('Asked');
    assert.equal((await line(1)).msg, 'reloaded');
    assert.equal(target.rejectedCount, 1);
  });

  it('survives a defect, and says so', async (t) => {
    const { target, change, line } = await open(t);
    target.outcome = () => Promise.reject(new Error('as the test says'));
    await change(routes('second'));
    const { msg, errors } = await line(0);
    assert.equal(msg, 'reload rejected');
    assert.match(errors?.join('\n') ?? '', /:1:1: internal error: as the test says$/);
    target.outcome = () => Promise.resolve([]);
    await change(routes('third'));
    assert.equal((await line(1)).msg, 'reloaded');
    assert.equal(target.rejectedCount, 1);
  });

  it('does one reload at a time, and of all that came meanwhile the last', async (t) => {
    const { target, reloader, lines, change, line } = await open(t);
    const gate = Promise.withResolvers<readonly ConfigIssue[]>();
    target.outcome = () => gate.promise;
    await change(routes('second'));
    await eventually(() => assert.equal(target.applied.length, 1), { intervalMs: 2 });
    for (const name of ['third', 'fourth', 'fifth']) await change(routes(name));
    assert.equal(target.applied.length, 1);
    gate.resolve([]);
    assert.equal((await line(1)).digest, digestOf(routes('fifth')));
    await reloader.stop();
    const names = target.applied.map(({ config }) => config.routes[0]?.name);
    assert.deepEqual([names, lines.length], [['second', 'fifth'], 2]);
  });

  it('does not forget who asked because the file changed after', async (t) => {
    const { target, reloader, line } = await open(t);
    const gate = Promise.withResolvers<readonly ConfigIssue[]>();
    target.outcome = () => gate.promise;
    reloader.reload('Asked');
    await eventually(() => assert.equal(target.applied.length, 1), { intervalMs: 2 });
    reloader.reload('Asked');
    reloader.reload('FileChanged');
    gate.resolve([]);
    assert.equal((await line(1)).msg, 'reloaded');
  });

  it('finishes what is under way when it is stopped, and begins nothing more', async (t) => {
    const { target, reloader, lines, change } = await open(t);
    const gate = Promise.withResolvers<readonly ConfigIssue[]>();
    target.outcome = () => gate.promise;
    await change(routes('second'));
    await eventually(() => assert.equal(target.applied.length, 1), { intervalMs: 2 });
    await change(routes('third'));
    const stopped = reloader.stop();
    gate.resolve([]);
    await stopped;
    reloader.reload('FileChanged');
    await reloader.stop();
    assert.deepEqual([target.applied.length, lines.map(({ msg }) => msg)], [1, ['reloaded']]);
  });

  it('refuses who asks while it is stopped, and whom it could not serve before', async (t) => {
    const { path, target, reloader, lines, change } = await open(t);
    const gate = Promise.withResolvers<readonly ConfigIssue[]>();
    target.outcome = () => gate.promise;
    await change(routes('second'));
    await eventually(() => assert.equal(target.applied.length, 1), { intervalMs: 2 });
    reloader.reload('Asked');
    const stopped = reloader.stop();
    gate.reject(new Error('what takes it has ended'));
    await stopped;
    reloader.reload('Asked');
    await reloader.stop();
    const refused = [`${path}:1:1: sluice is stopping: nothing is reloaded any more (start it again)`];
    assert.deepEqual(
      lines.map(({ msg, digest, errors }) => [msg, digest, errors]),
      [1, 2, 3].map(() => ['reload rejected', null, refused]),
    );
    assert.deepEqual([target.applied.length, target.rejectedCount], [1, 3]);
  });

  it('passes on what is odd about a file that is put in force', async (t) => {
    const { change, line } = await open(t);
    const never = '{ name: never, match: {}, action: Ban }';
    await change(withListener(`routes:\n  - { name: all, match: {}, action: Echo }\n  - ${never}\n`));
    const { msg, note } = await line(0);
    assert.equal(msg, 'configuration note');
    assert.match(note ?? '', /:6:\d+: .*never/);
    assert.equal((await line(1)).msg, 'reloaded');
  });
});
