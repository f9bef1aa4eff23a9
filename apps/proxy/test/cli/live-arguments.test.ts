import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePublishArguments, parseStatusArguments } from '../../src/cli/live-arguments.ts';

function problemOf(parsed: ReturnType<typeof parsePublishArguments> | ReturnType<typeof parseStatusArguments>): string {
  return parsed.kind === 'problem' ? parsed.problem : '';
}

test('status asks the default admin listener, or the one that is named, with or without a scheme', () => {
  assert.deepEqual(parseStatusArguments([], undefined), {
    kind: 'options',
    options: { admin: 'http://127.0.0.1:9900', isJson: false },
  });
  assert.deepEqual(parseStatusArguments(['--json', '--admin', '10.0.0.1:1'], 'http://10.0.0.2:1'), {
    kind: 'options',
    options: { admin: 'http://10.0.0.1:1', isJson: true },
  });
  assert.match(problemOf(parseStatusArguments(['--admin', 'ftp://x'], undefined)), /^--admin needs a URL/);
});

test('status asks where the environment says, if no option does', () => {
  assert.deepEqual(parseStatusArguments([], 'http://[::1]:9905'), {
    kind: 'options',
    options: { admin: 'http://[::1]:9905', isJson: false },
  });
  assert.deepEqual(parseStatusArguments([], ''), parseStatusArguments([], undefined));
  assert.match(problemOf(parseStatusArguments([], 'ftp://x')), /^SLUICE_ADMIN_URL needs a URL/);
});

test('publish takes a file, servers and who connects', () => {
  const parsed = parsePublishArguments([
    ...['f.yaml', '--nats', 'nats://a', '--nats', 'tls://b:1', '--nkey-seed', '/s', '--tls-ca', '/c'],
    ...['--ack-key', '/k', '--wait', '1m', '--dry-run', '--follow'],
  ]);
  assert.deepEqual(parsed, {
    kind: 'options',
    options: {
      path: 'f.yaml',
      nats: {
        servers: ['nats://a', 'tls://b:1'],
        credentialsFile: null,
        nkeySeedFile: '/s',
        inbox: null,
        tls: { caFile: '/c', certFile: null, keyFile: null },
      },
      ackKeyFile: '/k',
      waitMs: 60_000,
      isDryRun: true,
      follows: true,
    },
  });
  const least = parsePublishArguments(['f.yaml']);
  assert.ok(least.kind === 'options' && least.options.nats === null && least.options.waitMs === 10_000);
});

test('publish refuses what contradicts itself, and repeats no password', () => {
  const expected: readonly (readonly [RegExp, readonly string[]])[] = [
    [/^publish needs one FILE/, []],
    [/^publish needs one FILE/, ['a', 'b']],
    [/^--credentials needs --nats URL/, ['a', '--credentials', '/c']],
    [/exclude each other/, ['a', '--nats', 'nats://h', '--credentials', '/c', '--nkey-seed', '/n']],
    [/need each other/, ['a', '--nats', 'nats://h', '--tls-cert', '/c']],
    [/^--nats: the URL has a user in it$/, ['a', '--nats', 'nats://u:hunter2@h']],
    [/^--wait /, ['a', '--wait', 'soon']],
  ];
  for (const [problem, args] of expected) {
    const said = problemOf(parsePublishArguments(args));
    assert.match(said, problem);
    assert.ok(!said.includes('hunter2'));
  }
});
