import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedTexts } from '../../src/users/shared-texts.ts';

describe('shared texts', () => {
  it('have one number each while somebody holds them, which another may have afterwards', () => {
    const texts = new SharedTexts();
    const first = texts.hold('a');
    assert.equal(texts.hold('a'), first);
    const second = texts.hold('b');
    assert.notEqual(second, first);
    texts.release(first);
    assert.equal(texts.text(first), 'a');
    texts.release(first);
    assert.equal(texts.hold('c'), first);
    assert.deepEqual([texts.text(first), texts.text(second)], ['c', 'b']);
    assert.notEqual(texts.hold('a'), first);
  });
});
