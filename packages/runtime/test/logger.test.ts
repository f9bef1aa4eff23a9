import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type LogLevel, type Logger } from '../src/logger.ts';
import { Secret } from '../src/secret.ts';

function openLogger(level: LogLevel): { logger: Logger; lines: string[]; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const logger = createLogger(level, {
    sink: { write: (line: string) => lines.push(line) },
    nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

test('writes one JSON line with level, ISO time, fields and msg, and nothing else', () => {
  const { logger, lines } = openLogger('info');
  logger.info('ready', { pid: 1, listeners: [{ name: 'edge', addresses: ['127.0.0.1:1'] }] });
  assert.deepEqual(lines, [
    '{"level":"info","time":"2026-01-02T03:04:05.678Z","pid":1,"listeners":[{"name":"edge","addresses":["127.0.0.1:1"]}],"msg":"ready"}\n',
  ]);
});

test('writes from its level on and follows a change of level at once, children too', () => {
  const { logger, lines } = openLogger('warn');
  const child = logger.child({ part: 'admin' });
  child.info('hidden');
  logger.setLevel('debug');
  child.debug('shown', { detail: 1 });
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'debug',
    time: '2026-01-02T03:04:05.678Z',
    part: 'admin',
    detail: 1,
    msg: 'shown',
  });
});

test('announces what programs wait for whatever its level is, children too', () => {
  const { logger, lines, last } = openLogger('error');
  logger.announce('ready', { pid: 1 });
  assert.deepEqual(last(), { level: 'info', time: '2026-01-02T03:04:05.678Z', pid: 1, msg: 'ready' });
  logger.child({ part: 'admin' }).announce('not ready', {}, 'warn');
  assert.deepEqual([last()['level'], last()['part'], last()['msg']], ['warn', 'admin', 'not ready']);
  logger.info('hidden');
  logger.setLevel('debug');
  logger.announce('stopped');
  assert.deepEqual([lines.length, last()['msg']], [3, 'stopped']);
});

test('keeps secrets out, by type and by the name of the field, at any depth', () => {
  const { logger, lines, last } = openLogger('info');
  logger.info('event', {
    credential: new Secret('hunter2'),
    users: [
      { name: 'alice', password: { scrypt: 'hunter2' }, 'Proxy-Authorization': 'Basic hunter2', api_key: 'hunter2' },
    ],
  });
  assert.ok(!(lines[0] ?? '').includes('hunter2'));
  assert.equal(last()['credential'], '[redacted]');
  assert.match(lines[0] ?? '', /"name":"alice","password":"\[redacted\]"/u);
});

test('shows an error by name, code, message and cause, without a stack', () => {
  const { logger, lines, last } = openLogger('info');
  const cause = Object.assign(new Error('address in use'), { code: 'EADDRINUSE' });
  logger.error('failed', { error: new Error('cannot bind', { cause }) });
  assert.deepEqual(last()['error'], {
    name: 'Error',
    message: 'cannot bind',
    cause: { name: 'Error', message: 'address in use', code: 'EADDRINUSE' },
  });
  assert.ok(!(lines[0] ?? '').includes('logger.test.ts'));
});

test('bounds strings, depth and cycles, so that no value makes a line large', () => {
  const { logger, lines } = openLogger('info');
  const cycle: Record<string, unknown> = { text: 'x'.repeat(1_000_000), bytes: Buffer.alloc(1_000_000), big: 10n };
  cycle['self'] = cycle;
  logger.info('event', { cycle, 'line\nbreak': '\u0000\u2028"' });
  assert.ok((lines[0] ?? '').length < 20_000);
  assert.equal((lines[0] ?? '').indexOf('\n'), (lines[0] ?? '').length - 1);
  assert.doesNotThrow(() => JSON.parse(lines[0] ?? ''));
});
