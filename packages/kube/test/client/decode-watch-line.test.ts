import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeWatchLine } from '../../src/client/decode-watch-line.ts';
import { KubeTransportError } from '../../src/port/kube-error.ts';

test('makes an event, nothing or a KubeTransportError of any JSON', () => {
  const part = fc.record({
    type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'DELETED', 'toString'),
    object: fc.jsonValue(),
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        part.map((value) => JSON.stringify(value)),
      ),
      (line) => {
        try {
          const event = decodeWatchLine('watch', line);
          assert.ok(event === null || typeof event.type === 'string');
        } catch (error) {
          assert.ok(error instanceof KubeTransportError);
          assert.equal(error.failure, 'Unreadable');
        }
      },
    ),
  );
});

test('takes an ERROR without a readable Status for a failure of the server', () => {
  const event = decodeWatchLine('watch', '{"type":"ERROR","object":{"oops":1}}');
  assert.ok(event?.type === 'Error');
  assert.equal(event.error.status, 500);
});
