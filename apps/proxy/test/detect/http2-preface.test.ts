import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHttp2Preface } from '../../src/detect/http2-preface.ts';
import { decidedAfter } from './verdict-of-text.ts';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe('parseHttp2Preface', () => {
  it('decides at the 24th byte, whatever follows', () => {
    assert.deepEqual(decidedAfter(parseHttp2Preface, `${preface}\0\0\x12\x04`), { kind: 'decided', bytes: 24 });
  });

  it('refuses at any byte that differs', () => {
    for (let index = 0; index < preface.length; index++) {
      const changed = `${preface.slice(0, index)}x${preface.slice(index + 1)}`;
      assert.deepEqual(decidedAfter(parseHttp2Preface, changed), { kind: 'notThis', bytes: index + 1 });
    }
  });
});
