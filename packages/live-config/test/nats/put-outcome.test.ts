import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError, PermissionViolationError, RequestError, TimeoutError } from '@nats-io/nats-core';
import fc from 'fast-check';
import { readPutAnswer, readPutFailure } from '../../src/nats/put-outcome.ts';

const denial = new PermissionViolationError('no', 'publish', '$KV.x');

test('an acknowledgement is what was stored', () => {
  assert.deepEqual(readPutAnswer({ stream: 'KV_x', seq: 7 }), { kind: 'Stored', sequence: 7 });
});

const answers: readonly (readonly [string, unknown, string])[] = [
  [
    'a wrong last sequence',
    { error: { code: 400, err_code: 10_071, description: 'wrong last sequence: 3' } },
    'Conflict',
  ],
  [
    'another write on its way',
    { error: { code: 400, err_code: 10_164, description: 'wrong last sequence' } },
    'Conflict',
  ],
  ['a value that is too large', { error: { err_code: 10_054, description: 'message size exceeds' } }, 'Denied'],
  ['a store that is full', { error: { err_code: 10_077, description: 'maximum bytes exceeded' } }, 'Unknown'],
  ['no leader', { error: { code: 503, err_code: 10_008, description: 'unavailable' } }, 'Unknown'],
  ['an answer without a sequence', { stream: 'KV_x' }, 'Unknown'],
  ['a sequence of zero', { seq: 0 }, 'Unknown'],
  ['null', null, 'Unknown'],
];
for (const [what, answer, kind] of answers) {
  test(`${what} is ${kind}`, () => assert.equal(readPutAnswer(answer).kind, kind));
}

const failures: readonly (readonly [string, unknown, string])[] = [
  ['a refused publish', new RequestError('no', { cause: denial }), 'Denied'],
  ['a refused publish without a wrapper', denial, 'Denied'],
  ['a value above what the server takes at all', new InvalidArgumentError('max_payload size exceeded'), 'Denied'],
  ['no answer in time', new TimeoutError(), 'Unknown'],
  ['a connection that broke', new RequestError('connection closed'), 'Unknown'],
  ['something else', 'text', 'Unknown'],
];
for (const [what, failure, kind] of failures) {
  test(`${what} is ${kind}`, () => assert.equal(readPutFailure(failure).kind, kind));
}

test('no answer is taken for stored that does not say so', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (answer) => {
      const outcome = readPutAnswer(answer);
      if (outcome.kind !== 'Stored') return;
      assert.deepEqual((answer as { seq: unknown }).seq, outcome.sequence);
    }),
  );
});
