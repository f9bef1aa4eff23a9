import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { eventually } from '../src/eventually.ts';
import { JsonLines } from '../src/json-lines.ts';

test('a line is found whether it came before or comes later', async () => {
  const stream = new PassThrough();
  const lines = new JsonLines(stream);
  stream.write('{"msg":"first"}\n');
  await lines.waitFor((line) => line['msg'] === 'first');
  const position = lines.position;
  const later = lines.waitFor((line) => line['msg'] === 'first', { from: position });
  stream.write('{"msg":"fir');
  stream.write('st","n":2}\n');
  assert.equal((await later)['n'], 2);
});

test('what is no JSON object is kept apart', async () => {
  const stream = new PassThrough();
  const lines = new JsonLines(stream);
  stream.write('oops\n[1]\n{"msg":"x"}\n');
  await eventually(() => assert.deepEqual(lines.strays, ['oops', '[1]']));
});

test('the end of the output rejects a wait at once', async () => {
  const stream = new PassThrough();
  const lines = new JsonLines(stream);
  stream.end('{"msg":"x"}\n');
  await assert.rejects(
    lines.waitFor((line) => line['msg'] === 'y'),
    /the output ended/u,
  );
});
