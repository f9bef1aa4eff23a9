import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition } from '@sluice/kube/apply/condition.ts';
import { StatusEvents } from '../../src/reconcile/status-events.ts';
import type { WantedStatus } from '../../src/specs/resource-status.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';

/** `Programmed False Rejected` */
function conditionsOf(...texts: readonly string[]): readonly Condition[] {
  return texts.map((text) => {
    const [type = '', status = '', reason = ''] = text.split(' ');
    return { type, status: status as Condition['status'], reason, message: `of ${type}`, lastTransitionTime };
  });
}

const statusOf = (...texts: readonly string[]): WantedStatus => ({
  observedGeneration: 1,
  programmed: '',
  conditions: conditionsOf(...texts),
});

function told(news: StatusEvents, after: readonly string[], before: readonly string[], uid = 'one'): readonly string[] {
  return news
    .of(uid, statusOf(...after), conditionsOf(...before))
    .map(({ type, action, reason, note }) => `${type} ${action} ${reason} ${note}`);
}

const ready = ['Accepted True Accepted', 'Programmed True Programmed', 'Ready True Ready'];
const pending = ['Accepted Unknown Pending', 'Programmed Unknown Pending', 'Ready Unknown Pending'];
const publishing = ['Accepted True Accepted', 'Programmed False Publishing', 'Ready False Publishing'];
const rejected = ['Accepted True Accepted', 'Programmed False Rejected', 'Ready False Rejected'];
const recovery = 'Normal Publish Ready of Ready';

describe('StatusEvents', () => {
  it('says nothing of what comes into force, at once or on a detour', () => {
    const news = new StatusEvents();
    for (const before of [[], pending, publishing]) assert.deepEqual(told(news, ready, before), []);
    assert.deepEqual(told(news, publishing, ready), []);
    assert.deepEqual(told(news, ready, publishing), []);
  });

  it('tells of each trouble when it begins or has another reason, and not of one that stays', () => {
    const cases = [
      ['Accepted False Invalid', 'Read'],
      ['ResolvedRefs False BackendNotFound', 'Resolve'],
      ['Conflicted True HostNameTaken', 'Compare'],
      ['Drifted True EditedElsewhere', 'Compare'],
      ['Programmed False Rejected', 'Publish'],
    ] as const;
    for (const [text, action] of cases) {
      const [type = '', status = '', reason = ''] = text.split(' ');
      const expected = [`Warning ${action} ${reason} of ${type}`];
      assert.deepEqual(told(new StatusEvents(), [text, 'Ready False X'], pending), expected);
      assert.deepEqual(told(new StatusEvents(), [text, 'Ready False X'], [text]), []);
      const other = type === 'Programmed' ? 'Programmed False RollingOut' : `${type} ${status} Otherwise`;
      assert.deepEqual(told(new StatusEvents(), [text, 'Ready False X'], [other]), expected);
    }
  });

  it('tells once that trouble is over, also when a rollout was shown in between', () => {
    const news = new StatusEvents();
    assert.deepEqual(told(news, rejected, ready), ['Warning Publish Rejected of Programmed']);
    assert.deepEqual(told(news, publishing, rejected), []);
    assert.deepEqual(told(news, ready, publishing, 'another'), []);
    assert.deepEqual(told(news, ready, publishing), [recovery]);
    assert.deepEqual(told(news, ready, publishing), []);
  });

  it('knows of trouble that was told before it began', () => {
    assert.deepEqual(told(new StatusEvents(), ready, rejected), [recovery]);
    const news = new StatusEvents();
    assert.deepEqual(told(news, publishing, rejected), []);
    assert.deepEqual(told(news, ready, publishing), [recovery]);
  });

  it('forgets the oldest of more objects in trouble than it remembers', () => {
    const news = new StatusEvents();
    for (let index = 0; index <= 10_000; index += 1) told(news, rejected, pending, `uid-${index}`);
    assert.deepEqual(told(news, ready, publishing, 'uid-0'), []);
    assert.deepEqual(told(news, ready, publishing, 'uid-1'), [recovery]);
  });
});
