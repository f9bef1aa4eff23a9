import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { holdSignals } from '../../src/cli/hold-signals.ts';

function open(): { readonly raise: (signal: string) => void; readonly held: ReturnType<typeof holdSignals> } {
  const handlers = new Map<string, () => void>();
  const held = holdSignals((signal, handler) => void handlers.set(signal, handler));
  assert.deepEqual([...handlers.keys()].toSorted(), ['SIGHUP', 'SIGINT', 'SIGTERM']);
  return { raise: (signal) => handlers.get(signal)?.(), held };
}

test('a signal that nobody can obey yet is kept, and delivered once to who comes for it', async () => {
  const { raise, held } = open();
  const obeyed: string[] = [];
  raise('SIGTERM');
  held.deliverTo('SIGHUP', () => obeyed.push('SIGHUP'));
  held.deliverTo('SIGTERM', () => obeyed.push('SIGTERM'));
  assert.deepEqual(obeyed, []);
  await eventually(() => assert.deepEqual(obeyed, ['SIGTERM']), { intervalMs: 2 });
});

test('a signal that comes later is delivered at once, each time', () => {
  const { raise, held } = open();
  let count = 0;
  held.deliverTo('SIGHUP', () => void count++);
  raise('SIGHUP');
  raise('SIGHUP');
  raise('SIGINT');
  assert.equal(count, 2);
});
