import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlParts } from '../src/control/control-results.ts';
import { kubeParts } from '../src/kube/kube-results.ts';
import { parseOptions, UsageError } from '../src/options.ts';

test('without arguments it is a full run of five rounds', () => {
  const options = parseOptions([]);
  assert.equal(options.rounds, 5);
  assert.equal(options.seconds, 1);
  assert.deepEqual(options.scenarios, []);
  assert.equal(options.out, undefined);
});

test('names may be joined by commas or given again', () => {
  assert.deepEqual(parseOptions(['--scenario', 'a,b*', '--scenario', 'c']).scenarios, ['a', 'b*', 'c']);
  assert.deepEqual(parseOptions(['--contestants', 'sluice,nginx']).contestants, ['sluice', 'nginx']);
});

test('a quick run is shorter unless told otherwise', () => {
  assert.equal(parseOptions(['--quick']).rounds, 2);
  assert.equal(parseOptions(['--quick', '--rounds', '9']).rounds, 9);
});

test('parts of the control plane are named, or all', () => {
  assert.deepEqual(parseOptions([]).control, []);
  assert.deepEqual(parseOptions(['--control', 'burst,users-100000']).control, ['burst', 'users-100000']);
  assert.deepEqual(parseOptions(['--control', 'all']).control, controlParts);
  assert.throws(() => parseOptions(['--control', 'bursts']), /--control takes propagation, .* or all, not "bursts"/);
});

test('parts of the operator are named, or all', () => {
  assert.deepEqual(parseOptions([]).kube, []);
  assert.deepEqual(parseOptions(['--kube', 'propagation,routes-5000']).kube, ['propagation', 'routes-5000']);
  assert.deepEqual(parseOptions(['--kube', 'all']).kube, kubeParts);
  assert.throws(() => parseOptions(['--kube', 'burst']), /--kube takes propagation, .* or all, not "burst"/);
});

test('what cannot be obeyed is refused with its name', () => {
  for (const args of [
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--rounds', 'many'],
    ['--seconds', '0'],
    ['--sconds', '1'],
    ['x'],
  ]) {
    assert.throws(() => parseOptions(args), UsageError, args.join(' '));
  }
  assert.throws(() => parseOptions(['--seed', 'x']), /--seed takes a number, not "x"/);
});
