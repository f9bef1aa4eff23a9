import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { IsolateReply } from '../../src/isolate/isolate-messages.ts';
import { RecordOutbox } from '../../src/isolate/record-outbox.ts';
import { ipv4Address } from '../../src/routing/ip-address.ts';
import { column, type EndedConnection } from '../../src/session/record-batch.ts';

const ended: EndedConnection = {
  serial: 1,
  listener: 'edge',
  client: ipv4Address(1),
  clientPort: 1,
  protocol: 'SSH',
  sni: null,
  alpn: [],
  user: null,
  route: null,
  endpoint: null,
  upstream: null,
  upstreamPort: 0,
  bytesUp: 0,
  bytesDown: 0,
  detectUs: -1,
  decideUs: -1,
  connectUs: -1,
  firstByteUs: -1,
  durationUs: 0,
  closedBy: 'Client',
  reason: 'Finished',
};

/** What was posted: `records N`, or the limits. */
function openOutbox(t: TestContext): { readonly outbox: RecordOutbox; readonly posted: unknown[] } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const posted: unknown[] = [];
  const describeReply = (reply: IsolateReply): unknown => {
    if (reply.kind === 'records') return `records ${reply.batch.numbers.length / column.count}`;
    return reply.kind === 'limits' ? reply.limits : reply.kind;
  };
  const outbox = new RecordOutbox((reply) => void posted.push(describeReply(reply)));
  return { outbox, posted };
}

describe('the record outbox', () => {
  it('gathers for 25 ms from the first record on', (t) => {
    const { outbox, posted } = openOutbox(t);
    outbox.add(ended);
    t.mock.timers.tick(20);
    outbox.add(ended);
    t.mock.timers.tick(4);
    assert.deepEqual(posted, []);
    t.mock.timers.tick(1);
    assert.deepEqual(posted, ['records 2', {}]);
    t.mock.timers.tick(1000);
    outbox.add(ended);
    t.mock.timers.tick(25);
    assert.deepEqual(posted, ['records 2', {}, 'records 1']);
  });

  it('sends a full batch at once, and the rest in its own time', (t) => {
    const { outbox, posted } = openOutbox(t);
    for (let i = 0; i < 513; i++) outbox.add(ended);
    assert.deepEqual(posted, ['records 512', {}]);
    t.mock.timers.tick(25);
    assert.deepEqual(posted, ['records 512', {}, 'records 1']);
  });

  it('tells of limits at once and when they have changed, with records or without', (t) => {
    const { outbox, posted } = openOutbox(t);
    let lookups = 0;
    outbox.watchLimits(() => ({ name_lookups: lookups }));
    assert.deepEqual(posted, [{ name_lookups: 0 }]);
    outbox.flush();
    assert.equal(posted.length, 1);
    lookups = 3;
    outbox.add(ended);
    outbox.flush();
    outbox.add(ended);
    outbox.flush();
    assert.deepEqual(posted.slice(1), ['records 1', { name_lookups: 3 }, 'records 1']);
  });

  it('leaves no timer behind a flush', (t) => {
    const { outbox, posted } = openOutbox(t);
    outbox.add(ended);
    outbox.flush();
    t.mock.timers.tick(1000);
    assert.deepEqual(posted, ['records 1', {}]);
  });
});
