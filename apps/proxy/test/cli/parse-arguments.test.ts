import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseArguments, usageText } from '../../src/cli/parse-arguments.ts';

/** The command, or what is wrong. */
function parsed(...argv: readonly string[]): unknown {
  const result = parseArguments(argv, {});
  return result.kind === 'command' ? result.command : result.problem;
}

describe('the command line', () => {
  it('names the file in each way there is, ./sluice.yaml when in none', () => {
    for (const kind of ['run', 'check'] as const) {
      assert.deepEqual(parsed(kind), { kind, configPath: './sluice.yaml' });
      for (const options of [['--config', 'a.yaml'], ['--config=a.yaml'], ['-c', 'a.yaml']]) {
        assert.deepEqual(parsed(kind, ...options), { kind, configPath: 'a.yaml' });
      }
    }
  });

  it('knows the commands without options', () => {
    assert.deepEqual(parsed('hash-password'), { kind: 'hashPassword', algorithm: 'scrypt' });
    assert.deepEqual(parsed('hash-password', '--algorithm', 'bcrypt'), { kind: 'hashPassword', algorithm: 'bcrypt' });
    for (const word of ['version', '--version']) assert.deepEqual(parsed(word), { kind: 'version' });
    for (const word of ['help', '--help', '-h']) assert.deepEqual(parsed(word), { kind: 'help' });
  });

  it('says what is wrong with everything else', () => {
    assert.equal(parsed(), 'no command given');
    assert.equal(parsed('start'), 'unknown command "start"');
    assert.equal(parsed('run\n'), String.raw`unknown command "run\n"`);
    assert.equal(parsed('version', '--config'), 'version takes no arguments');
    assert.equal(parsed('hash-password', 'secret'), 'hash-password takes no arguments');
    assert.equal(parsed('run', '--config='), '--config needs a file');
    assert.match(String(parsed('run', '--config')), /--config/);
    assert.match(String(parsed('run', '--confg', 'a.yaml')), /--confg/);
    assert.match(String(parsed('check', 'a.yaml')), /a\.yaml/);
  });

  it('never throws, and says it in one line', () => {
    const word = fc.oneof(fc.constantFrom('run', 'check', 'version', '--config', '-c', '--', '-', ''), fc.string());
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (argv) => {
        const result = parseArguments(argv, {});
        if (result.kind === 'usage') assert.match(result.problem, /^[^\n]+$/);
      }),
    );
  });

  it('is described by the usage text: every command, every exit code', () => {
    for (const word of ['run', 'check', 'hash-password', 'version', 'help', '--config', '0 ', '1 ', '2 ', '64 ']) {
      assert.ok(usageText.includes(word), word);
    }
  });
});
