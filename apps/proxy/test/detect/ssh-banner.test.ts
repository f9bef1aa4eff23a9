import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSshBanner } from '../../src/detect/ssh-banner.ts';
import { decidedAfter } from './verdict-of-text.ts';

describe('parseSshBanner', () => {
  it('decides at the fourth byte', () => {
    assert.deepEqual(decidedAfter(parseSshBanner, 'SSH-2.0-OpenSSH_9.2\r\n'), { kind: 'decided', bytes: 4 });
  });

  it('refuses at the first byte that differs', () => {
    assert.deepEqual(decidedAfter(parseSshBanner, 'SSL-'), { kind: 'notThis', bytes: 3 });
    assert.deepEqual(decidedAfter(parseSshBanner, 'ssh-2.0'), { kind: 'notThis', bytes: 1 });
    assert.deepEqual(decidedAfter(parseSshBanner, 'SSH 2.0'), { kind: 'notThis', bytes: 4 });
  });

  it('needs more of a beginning', () => {
    assert.deepEqual(decidedAfter(parseSshBanner, 'SSH'), { kind: 'needMore', bytes: 3 });
  });
});
