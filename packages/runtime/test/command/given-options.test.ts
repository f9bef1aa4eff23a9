import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, type Given, readGivenOptions } from '../../src/command/given-options.ts';

const options = { names: ['state-url', 'nats'], repeatable: ['nats'], environmentPrefix: 'SLUICE_' } as const;

function given(args: readonly string[], env: Environment = {}): Given<'state-url' | 'nats'> {
  return readGivenOptions(options, args, env);
}

describe('the options of a command', () => {
  it('are what the arguments say, and null where nothing does', () => {
    const read = given(['--state-url', 'http://a']);
    assert.equal(read('state-url'), 'http://a');
    assert.equal(read('nats'), null);
  });

  it('come from the environment when the arguments have none, an empty variable counting as none', () => {
    const env = { SLUICE_STATE_URL: 'http://env', SLUICE_NATS: '' };
    assert.equal(given([], env)('state-url'), 'http://env');
    assert.equal(given(['--state-url=http://argument'], env)('state-url'), 'http://argument');
    assert.equal(given([], env)('nats'), null);
  });

  it('may be given several times where that means something, and nowhere else', () => {
    assert.equal(given(['--nats', 'a', '--nats', 'b,c'])('nats'), 'a,b,c');
    const twice = given(['--state-url', 'a', '--state-url', 'b']);
    assert.throws(() => twice('state-url'), { code: 'SLUICE_USAGE', message: '--state-url is given more than once' });
  });

  it('are refused when they are empty, unknown or no options', () => {
    const empty = given(['--state-url=']);
    assert.throws(() => empty('state-url'), { code: 'SLUICE_USAGE', message: '--state-url is empty' });
    assert.throws(() => given(['--stat-url', 'a']), {
      code: 'SLUICE_USAGE',
      message: /^Unknown option '--stat-url'.*$/,
    });
    assert.throws(() => given(['a']), { code: 'SLUICE_USAGE', message: /^Unexpected argument 'a'.*$/ });
    assert.throws(() => given(['--nats']), { code: 'SLUICE_USAGE', message: /argument missing/ });
  });
});
