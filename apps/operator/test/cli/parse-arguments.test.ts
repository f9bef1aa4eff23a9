import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '@sluice/runtime/command/given-options.ts';
import { parseArguments, type RunOptions } from '../../src/cli/parse-arguments.ts';

function runOptions(args: readonly string[], env: Environment = {}): RunOptions {
  const parsed = parseArguments(['run', ...args], env);
  assert.equal(parsed.kind, 'command', parsed.kind === 'usage' ? parsed.problem : '');
  assert.equal(parsed.command.kind, 'run');
  return parsed.command.options;
}

function problem(args: readonly string[], env: Environment = {}): string {
  const parsed = parseArguments(args, env);
  assert.equal(parsed.kind, 'usage');
  return parsed.problem;
}

const nats = ['--nats', 'nats://a'] as const;

describe('the command line of sluice-operator', () => {
  it('needs a NATS server and has defaults for the rest', () => {
    assert.deepEqual(runOptions(nats), {
      kube: { kubeconfig: null, context: null, requestsPerSecond: 100 },
      namespaces: null,
      leaseNamespace: null,
      leaseName: 'sluice-operator',
      admin: { host: '127.0.0.1', port: 9920 },
      nats: {
        ...{ servers: ['nats://a'], credentialsFile: null, nkeySeedFile: null },
        ...{ tls: null, replicas: 1 },
      },
      ackKeyFile: null,
      state: null,
      logLevel: 'info',
      drainMs: 20_000,
    });
    assert.match(problem(['run']), /--nats is missing/);
  });

  it('takes every option from the environment too, and the option wins', () => {
    const env = {
      SLUICE_NATS: 'nats://a,nats://b',
      SLUICE_NAMESPACES: 'team-a, team-b,team-a',
      SLUICE_STATE_URL: 'https://state:9910',
      SLUICE_STATE_KEY_FILE: '/keys/state',
      SLUICE_STATE_RELEASE: '5',
      SLUICE_ADMIN: '0.0.0.0:9920',
    };
    const options = runOptions(['--admin', '[::]:0'], env);
    assert.deepEqual(options.nats.servers, ['nats://a', 'nats://b']);
    assert.deepEqual(options.namespaces, ['team-a', 'team-b']);
    assert.deepEqual(options.admin, { host: '::', port: 0 });
    assert.deepEqual(options.state, {
      ...{ url: 'https://state:9910', keyFile: '/keys/state', caFile: null, owner: 'kubernetes', releaseMs: 5_000 },
    });
  });

  it('says what is wrong with an option', () => {
    assert.match(problem(['run', ...nats, '--namespaces', 'a,B']), /"B" is not the name of a namespace/);
    assert.match(problem(['run', ...nats, '--context', 'x']), /--context needs --kubeconfig/);
    assert.match(problem(['run', ...nats, '--state-url', 'http://s']), /--state-url needs --state-key-file/);
    assert.match(problem(['run', ...nats, '--state-url', 'ftp://s', '--state-key-file', 'k']), /not an http/);
    assert.match(problem(['run', ...nats, '--nats-nkey-seed', 'a', '--nats-credentials', 'b']), /give one of/);
    assert.match(problem(['run', ...nats, '--kube-requests', '0']), /--kube-requests/);
    assert.match(problem(['run', ...nats, '--drain', '-1']), /--drain/);
    assert.match(problem(['run', ...nats, '--drain', '1', '--drain', '2']), /given more than once/);
    assert.match(problem(['run', ...nats, '--admin', 'localhost:1']), /--admin does not begin with an IP address/);
    assert.match(problem(['run', ...nats, '--wrong']), /Unknown option '--wrong'/);
    assert.match(problem(['walk']), /unknown command "walk"/);
    assert.match(problem([]), /no command given/);
    assert.match(problem(['version', 'x']), /takes no arguments/);
  });

  it('gives init-secrets its own options, and the API server as of run', () => {
    const args = ['--prefix', 'x', '--kubeconfig=/k', '--namespace', 'ns', '--context', 'c', '--nats'];
    const parsed = parseArguments(['init-secrets', ...args], {});
    assert.equal(parsed.kind, 'command', parsed.kind === 'usage' ? parsed.problem : '');
    assert.equal(parsed.command.kind, 'initSecrets');
    assert.deepEqual(parsed.command.kube, { kubeconfig: '/k', context: 'c', requestsPerSecond: 100 });
    assert.equal(parsed.command.options.namespace, 'ns');
    assert.match(problem(['init-secrets', '--namespace', 'ns']), /--prefix is missing/);
  });

  it('gives release-users the namespaces and the API server as of run, and nothing else', () => {
    const parsed = parseArguments(['release-users', '--timeout', '5', '--kube-requests=7'], {
      SLUICE_NAMESPACES: 'a,b',
    });
    assert.equal(parsed.kind, 'command', parsed.kind === 'usage' ? parsed.problem : '');
    assert.deepEqual(parsed.command, {
      kind: 'releaseUsers',
      options: { namespaces: ['a', 'b'], timeoutMs: 5_000 },
      kube: { kubeconfig: null, context: null, requestsPerSecond: 7 },
    });
    assert.match(problem(['release-users', '--nats', 'nats://a']), /Unknown option '--nats'/);
    assert.match(problem(['release-users', '--namespaces', 'A']), /"A" is not the name of a namespace/);
  });
});
