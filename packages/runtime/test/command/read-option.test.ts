import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Given } from '../../src/command/given-options.ts';
import { readLogLevel, readNumberOption, readParsedOption } from '../../src/command/read-option.ts';

function giving(text: string | null): Given<string> {
  return () => text;
}

describe('the text of an option', () => {
  it('is a number from 0 to its maximum, or nothing', () => {
    const read = (text: string | null): number | null => readNumberOption(giving(text), 'drain', { max: 3600 });
    assert.deepEqual([null, '0', '3600'].map(read), [null, 0, 3600]);
    for (const text of ['3601', '-1', '1.5', '1e3', ' 1', 'x', '99999999']) {
      assert.throws(() => read(text), { code: 'SLUICE_USAGE', message: '--drain is not a number from 0 to 3600' });
    }
  });

  it('is a log level, info when nothing is said', () => {
    assert.equal(readLogLevel(giving(null)), 'info');
    assert.equal(readLogLevel(giving('warn')), 'warn');
    const message = '--log-level is none of debug, info, warn, error';
    assert.throws(() => readLogLevel(giving('loud')), { code: 'SLUICE_USAGE', message });
  });

  it('is what its parser makes of it, and a refusal says the remedy', () => {
    const valid = (text: string): { kind: 'valid'; value: number } => ({ kind: 'valid', value: text.length });
    const invalid = (): { kind: 'invalid'; message: string; remedy: string } => ({
      ...{ kind: 'invalid', message: 'names no port', remedy: 'write ADDRESS:PORT' },
    });
    assert.equal(readParsedOption(giving('abc'), 'admin', valid), 3);
    assert.equal(readParsedOption(giving(null), 'admin', invalid), null);
    const message = '--admin names no port (write ADDRESS:PORT)';
    assert.throws(() => readParsedOption(giving('abc'), 'admin', invalid), { code: 'SLUICE_USAGE', message });
  });
});
