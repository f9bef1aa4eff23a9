/** Two publishers had one epoch, as the bucket that would have told the second of the first was lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readHead, writeMessage } from '../../src/digest/read-message.ts';
import { ScriptedRange, SteppedCore } from './scripted-range.ts';

interface Twin {
  readonly publisher: string;
  readonly spec: string;
  readonly atMs: number;
}

/** The core reads the bucket of a publisher, in which there are one user and a head. What is in force is asked of `specIn`. */
function readBucket(stepped: SteppedCore, watch: number, { publisher, spec, atMs }: Twin): string | null {
  const range = new ScriptedRange();
  stepped.step({ kind: 'Connected', bucket: `bucket ${watch}` });
  stepped.step({ kind: 'HeadRead', watch, value: null });
  stepped.bring(watch, range.set('ann', spec));
  const head = range.head();
  const fields = readHead('users', head.value);
  assert.ok(fields);
  const value = writeMessage({ ...fields, publisher, at: new Date(atMs).toISOString() });
  stepped.step({ kind: 'Watched', watch, event: { kind: 'SnapshotEnded' } });
  const apply = stepped.bring(watch, { ...head, value }).find((effect) => effect.kind === 'Apply');
  if (apply === undefined) return null;
  stepped.step({ kind: 'Applied', rejected: [] });
  return [...apply.changes].map(({ specText }) => specText).join();
}

function openBoth(): SteppedCore {
  const stepped = new SteppedCore();
  stepped.step({ kind: 'RestoreEnded', header: null });
  assert.equal(readBucket(stepped, 1, { publisher: 'first', spec: '{"n":1}', atMs: 1_000 }), '{"n":1}');
  assert.equal(readBucket(stepped, 2, { publisher: 'second', spec: '{"n":2}', atMs: 9_000 }), '{"n":2}');
  return stepped;
}

describe('a replica of which two publishers had one epoch', () => {
  it('does not believe a backup of what the earlier one left', () => {
    const stepped = openBoth();
    assert.equal(readBucket(stepped, 3, { publisher: 'first', spec: '{"n":1}', atMs: 2_000 }), null);
    assert.equal(stepped.core.status().counters.staleHeads, 1);
  });

  it('believes what is written later, whoever writes it', () => {
    const stepped = openBoth();
    assert.equal(readBucket(stepped, 3, { publisher: 'third', spec: '{"n":3}', atMs: 10_000 }), '{"n":3}');
  });

  it('does not ask for the time of heads of one publisher', () => {
    const stepped = openBoth();
    assert.equal(readBucket(stepped, 3, { publisher: 'second', spec: '{"n":3}', atMs: 8_000 }), '{"n":3}');
  });
});
