import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProblemKind, problemKinds, problemType } from '@sluice/contract/state-api/problem.ts';
import { problemLines } from '../../../src/cli/state/problem-lines.ts';

function problem(kind: ProblemKind, detail: string) {
  const { status, title } = problemKinds[kind];
  return { type: problemType(kind), title, status, detail, requestId: 'r-1' };
}

describe('a problem for people', () => {
  it('is one line for each field, with its remedy', () => {
    const errors = [
      { pointer: '/cidrs/0', detail: 'is no network', remedy: 'write e.g. 10.0.0.0/8' },
      { pointer: '/limit', in: 'query', detail: 'is too large' },
      { pointer: '', detail: 'has neither user nor group' },
    ] as const;
    assert.deepEqual(problemLines({ ...problem('invalid-fields', 'Three fields are wrong'), errors: [...errors] }), [
      '/cidrs/0: is no network (write e.g. 10.0.0.0/8)',
      'query /limit: is too large',
      'the request: has neither user nor group',
    ]);
  });

  it('is the detail with what this program knows to do about it', () => {
    assert.match(
      problemLines(problem('unauthenticated', 'No valid key')).join('\n'),
      /^No valid key \(check --key-file .*\)$/,
    );
    assert.deepEqual(problemLines(problem('not-found', 'There is no user "x"')), ['There is no user "x"']);
  });

  it('names the request where the log of the service has more', () => {
    assert.deepEqual(problemLines(problem('internal', 'The service failed')), ['The service failed [request r-1]']);
  });

  it('never moves the cursor of a terminal', () => {
    const [line] = problemLines(problem('conflict', 'a\u001b[2Jb\nc\u202e'));
    assert.equal(line, String.raw`a\u001b[2Jb\u000ac\u202e`);
  });
});
