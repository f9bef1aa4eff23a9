import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ackSubject } from '@sluice/contract/config-subjects.ts';
import type { ConfigAck } from '@sluice/contract/config-message.ts';
import { signAck, type UnsignedAck } from '../../src/digest/ack-token.ts';
import { writeMessage } from '../../src/digest/read-message.ts';
import type { ReceivedAck } from '../../src/port/config-bus.ts';
import { joinMarks } from '../../src/digest/rejection-marks.ts';
import { AckLedger, type AckVerdict } from '../../src/publisher/ack-ledger.ts';

const ackKey = Buffer.from('shared');
const unsigned: UnsignedAck = {
  ...{ v: 1, proxy: 'a', instance: 'i', range: 'users', epoch: 2, revision: 5, digest: 'a'.repeat(64) },
  ...{ appliedAt: '2026-01-01T00:00:00.000Z', rejected: [], rejectedCount: 0 },
};
const asked = { key: 'users.ann', generation: 3, epoch: 2, revision: 5 };

function received(fields: Partial<UnsignedAck> = {}, change: Partial<ConfigAck> = {}): ReceivedAck {
  const ack = { ...signAck({ ...unsigned, ...fields }, ackKey), ...change };
  return { subject: ackSubject(ack.proxy), payload: writeMessage(ack) };
}

function reasonOf(verdict: AckVerdict): string {
  return verdict.kind === 'Refused' ? verdict.reason : verdict.kind;
}

describe('the ledger of acknowledgements', () => {
  it('counts who has a revision in force, or a later one, or one of a later epoch', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    const proxies = [
      { revision: 5 },
      { revision: 6 },
      { revision: 4 },
      { epoch: 1, revision: 9 },
      { epoch: 3, revision: 1 },
    ];
    for (const [index, fields] of proxies.entries()) ledger.take(received({ proxy: `p${index}`, ...fields }), 0);
    assert.deepEqual(ledger.rollout(asked, 0), { proxies: 5, acknowledged: 3, rejections: [] });
  });

  it('forgets who has said nothing for thirty seconds', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    ledger.take(received({ proxy: 'a' }), 0);
    ledger.take(received({ proxy: 'b' }), 20_000);
    ledger.take(received({ proxy: 'a' }), 25_000);
    assert.equal(ledger.liveProxies(50_000), 2);
    assert.equal(ledger.liveProxies(50_001), 1);
    assert.equal(ledger.liveProxies(55_001), 0);
  });

  it('forgets at once who says that it leaves, but not a later run of it', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    ledger.take(received({ proxy: 'a' }), 0);
    ledger.take(received({ proxy: 'b' }), 0);
    ledger.take(received({ proxy: 'a', leaves: true }), 0);
    assert.deepEqual(ledger.rollout(asked, 0), { proxies: 1, acknowledged: 1, rejections: [] });
    ledger.take(received({ proxy: 'b', instance: 'next' }), 0);
    ledger.take(received({ proxy: 'b', leaves: true }), 0);
    ledger.take(received({ proxy: 'c', leaves: true }), 0);
    assert.equal(ledger.liveProxies(0), 1);
  });

  it('tells rejections of this generation from those of an earlier one', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    const rejection = { key: 'users.ann', generation: 3, reason: 'clash' };
    ledger.take(received({ proxy: 'a', rejected: [rejection], rejectedCount: 1 }), 0);
    ledger.take(received({ proxy: 'b', rejected: [{ ...rejection, generation: 2 }], rejectedCount: 1 }), 0);
    assert.deepEqual(ledger.rollout(asked, 0), {
      proxies: 2,
      acknowledged: 1,
      rejections: [{ proxy: 'a', reason: 'clash' }],
    });
  });

  it('tells the same of rejections that come again in another order', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    const rejected = [{ key: 'users.ann', generation: 3, reason: 'clash' }];
    const hear = (proxy: string, nowMs: number): void => {
      ledger.take(received({ proxy, rejected, rejectedCount: 1 }), nowMs);
    };
    for (const proxy of ['b', 'c', 'a']) hear(proxy, 0);
    const before = ledger.rollout(asked, 0);
    assert.deepEqual(
      before.rejections.map(({ proxy }) => proxy),
      ['a', 'b', 'c'],
    );
    for (const proxy of ['a', 'c', 'b']) hear(proxy, 10_000);
    assert.deepEqual(ledger.rollout(asked, 10_000), before);
  });

  it('does not take for accepted what may be among the rejections not spelled out', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    ledger.take(received({ rejectedCount: 1 }), 0);
    assert.equal(ledger.rollout(asked, 0).acknowledged, 0);
  });

  it('tells who is among the rejections that are marked only', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    const marked = [asked, { key: 'users.bob', generation: 1 }];
    ledger.take(received({ rejectedCount: 2, rejectedToo: joinMarks(marked) }), 0);
    const reason = 'it is one of 2 rejections, too many to send each reason (sluice status on that proxy shows them)';
    assert.deepEqual(ledger.rollout(asked, 0), { proxies: 1, acknowledged: 0, rejections: [{ proxy: 'a', reason }] });
    assert.equal(ledger.rollout({ ...asked, generation: 4 }, 0).acknowledged, 1);
    assert.equal(ledger.rollout({ ...asked, key: 'users.eve' }, 0).acknowledged, 1);
    assert.equal(ledger.rollout({ ...asked, key: 'users.bob', generation: 1 }, 0).rejections.length, 1);
  });

  it('ignores what was overtaken, and believes a later run of the proxy that has less', () => {
    const ledger = new AckLedger({ range: 'users', ackKey });
    ledger.take(received({ revision: 5 }), 0);
    ledger.take(received({ revision: 4 }), 1);
    assert.equal(ledger.rollout(asked, 1).acknowledged, 1);
    ledger.take(received({ instance: 'j', revision: 4 }), 2);
    assert.equal(ledger.rollout(asked, 2).acknowledged, 0);
  });

  it('refuses another subject, another token, another form, and one proxy too many', () => {
    const ledger = new AckLedger({ range: 'users', ackKey, maxProxies: 1 });
    const wrong = [
      { ...received(), subject: ackSubject('b') },
      { ...received(), subject: '$KV.sluice-config.users.a' },
      received({}, { token: '' }),
      received({}, { revision: 6 }),
      received({}, { token: 'f'.repeat(64) }),
      { subject: ackSubject('a'), payload: Buffer.from('{}') },
      received({ range: 'routing' }),
      received(),
      received({ proxy: 'b' }),
      received(),
    ];
    assert.deepEqual(
      wrong.map((ack) => reasonOf(ledger.take(ack, 0))),
      [
        ...['WrongSubject', 'WrongSubject', 'WrongToken', 'WrongToken', 'WrongToken', 'Malformed'],
        ...['OtherRange', 'Taken', 'TooManyProxies', 'Taken'],
      ],
    );
  });
});
