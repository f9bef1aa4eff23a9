import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorReason } from '../../src/nats/error-reason.ts';

test('says what failed and what caused it, each once', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:4222');
  assert.equal(errorReason(new Error('connection refused', { cause })), `connection refused: ${cause.message}`);
  assert.equal(errorReason(new Error(`request: ${cause.message}`, { cause })), `request: ${cause.message}`);
});

test('names an error without a message, and takes what is none', () => {
  assert.equal(errorReason(new TypeError('')), 'TypeError');
  assert.equal(errorReason('text'), 'text');
});

test('is bounded', () => {
  assert.equal(errorReason(new Error('x'.repeat(10_000))).length, 300);
  assert.equal(errorReason('x'.repeat(10_000)).length, 300);
});
