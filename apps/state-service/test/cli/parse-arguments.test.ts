import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '@sluice/runtime/command/given-options.ts';
import { parseArguments, type RunOptions } from '../../src/cli/parse-arguments.ts';

function problemOf(argv: readonly string[], env: Environment = {}): string {
  const parsed = parseArguments(argv, env);
  return parsed.kind === 'usage' ? parsed.problem : '';
}

function optionsOf(argv: readonly string[], env: Environment = {}): RunOptions {
  const parsed = parseArguments(argv, env);
  assert.ok(parsed.kind === 'command' && parsed.command.kind === 'run', problemOf(argv, env));
  return parsed.command.options;
}

const least = ['run', '--database-url', 'postgres://u:p@h/d', '--pepper-file', '/pepper'];

test('run needs a database and a pepper, and the rest has defaults', () => {
  const options = optionsOf(least);
  assert.deepEqual(options.listen, { host: '127.0.0.1', port: 9910 });
  assert.ok(options.database.kind === 'Url' && options.database.url.reveal() === 'postgres://u:p@h/d');
  assert.equal(options.nats, null);
  assert.equal(options.drainMs, 10_000);
  assert.ok(!JSON.stringify(options).includes('u:p'), 'the address holds a password');
});

test('an option comes from the environment, and the command line wins', () => {
  const env = {
    SLUICE_STATE_DATABASE_URL: 'postgres://env',
    SLUICE_STATE_PEPPER_FILE: '/p',
    SLUICE_STATE_LISTEN: '[::1]:1',
  };
  assert.deepEqual(optionsOf(['run'], env).listen, { host: '::1', port: 1 });
  assert.deepEqual(optionsOf(['run', '--listen', '127.0.0.1:2'], env).listen, { host: '127.0.0.1', port: 2 });
});

test('a PostgreSQL of our own needs no pepper file', () => {
  const { database, pepperFile } = optionsOf(['run', '--embedded-postgres', '/data']);
  assert.deepEqual(database, { kind: 'Embedded', directory: '/data' });
  assert.equal(pepperFile, null);
});

test('limits of requests are what is given and nothing else', () => {
  assert.deepEqual(optionsOf([...least, '--address-failures', '5']).rateLimits, { failuresPerMinuteAndAddress: 5 });
  assert.deepEqual(optionsOf(least).rateLimits, {});
  assert.match(problemOf([...least, '--key-requests', 'many']), /--key-requests is not a number/);
});

test('servers of NATS are given several times or with commas', () => {
  for (const servers of [
    ['--nats', 'nats://a', '--nats', 'nats://b'],
    ['--nats', 'nats://a,nats://b'],
  ]) {
    assert.deepEqual(optionsOf([...least, ...servers]).nats?.servers, ['nats://a', 'nats://b']);
  }
});

test('what is wrong with the command line is said', () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /no command/],
    [['serve'], /unknown command "serve"/],
    [['run'], /exactly one of --database-url/],
    [['run', '--database-url', 'a', '--embedded-postgres', 'b'], /exactly one of/],
    [['run', '--database-url', 'a'], /--pepper-file is missing/],
    [[...least, '--listen', 'localhost:1'], /--listen .*127\.0\.0\.1:1/],
    [[...least, '--listen', '127.0.0.1:1', '--listen', '127.0.0.1:2'], /more than once/],
    [[...least, '--tls-cert', 'c'], /belong together/],
    [[...least, '--log-level', 'loud'], /none of debug/],
    [[...least, '--drain', '-1'], /drain/],
    [[...least, '--nats', 'nats://a', '--nats-replicas', '2'], /1, 3, 5/],
    [[...least, '--nats', 'a', '--nats-credentials', 'c', '--nats-nkey-seed', 's'], /one of --nats-credentials/],
    [[...least, '--unknown', 'x'], /unknown/i],
    [[...least, '--listen', ''], /empty/],
    [['version', 'x'], /takes no arguments/],
  ];
  for (const [argv, problem] of cases) assert.match(problemOf(argv), problem, argv.join(' '));
});

test('migrate goes forward, or back by so many', () => {
  const forward = parseArguments(['migrate', '--database-url', 'a'], {});
  assert.ok(forward.kind === 'command' && forward.command.kind === 'migrate' && forward.command.back === 0);
  const back = parseArguments(['migrate', '--database-url-file', 'a', '--back', '2'], {});
  assert.ok(back.kind === 'command' && back.command.kind === 'migrate' && back.command.back === 2);
});
