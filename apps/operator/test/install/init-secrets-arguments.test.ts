import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initSecretsUsage, parseInitSecretsArguments } from '../../src/install/init-secrets-arguments.ts';

const place = ['--prefix', 'edge', '--namespace', 'proxies'];

test('reads what is needed, with defaults', () => {
  assert.deepEqual(
    parseInitSecretsArguments([...place, '--nats', '--state-service', '--grafana', '--postgres-host', 'db']),
    {
      kind: 'options',
      options: {
        needs: {
          prefix: 'edge',
          nats: true,
          stateService: true,
          grafana: true,
          postgres: { host: 'db', port: 5432, user: 'sluice', database: 'sluice' },
        },
        namespace: 'proxies',
        installation: 'edge',
        timeoutMs: 300_000,
      },
    },
  );
  assert.deepEqual(parseInitSecretsArguments([...place, '--timeout', '5']), {
    kind: 'options',
    options: {
      needs: { prefix: 'edge', nats: false, stateService: false, grafana: false, postgres: null },
      namespace: 'proxies',
      installation: 'edge',
      timeoutMs: 5_000,
    },
  });
});

for (const [args, problem] of [
  [['--namespace', 'a'], /--prefix is missing/],
  [['--prefix', 'a'], /--namespace is missing/],
  [['--prefix', 'A_B', '--namespace', 'a'], /--prefix "A_B"/],
  [[...place, '--postgres-port', '1'], /--postgres-port needs --postgres-host/],
  [[...place, '--postgres-host', 'a@b'], /--postgres-host/],
  [[...place, '--postgres-host', 'a', '--postgres-user', 'a:b'], /--postgres-user/],
  [[...place, '--postgres-host', 'a', '--postgres-port', '70000'], /--postgres-port is not a number from 1 to 65535/],
  [[...place, '--timeout', '0'], /--timeout/],
  [[...place, '--unknown'], /unknown/],
  [[...place, 'extra'], /extra/],
] as const) {
  test(`refuses ${args.join(' ')}`, () => {
    const parsed = parseInitSecretsArguments(args);
    assert.ok(parsed.kind === 'usage');
    assert.match(parsed.problem, problem);
  });
}

test('the usage names every option', () => {
  for (const option of ['prefix', 'namespace', 'nats', 'state-service', 'postgres-host', 'postgres-port', 'timeout']) {
    assert.match(initSecretsUsage, new RegExp(`--${option}\\b`));
  }
});
