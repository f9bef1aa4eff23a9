import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EndCause, endCauses, type FirstEnd, firstEnds } from '@sluice/native/ring-layout.ts';
import {
  connectFailureOf,
  endingOfConnectFailure,
  endingOfRefusal,
  endingSeenByEngine,
} from '../../src/session/connection-ending.ts';
import { closedByValues, closeReasons } from '../../src/session/connection-record.ts';
import type { PlannedEnd } from '../../src/session/session.ts';

function words({ closedBy, reason }: PlannedEnd): string {
  return `${closedBy} ${reason}`;
}

describe('connection endings', () => {
  it('puts what the engine saw into the words of the access log', () => {
    const expected: readonly (readonly [EndCause, FirstEnd, string])[] = [
      ['Finished', 'Nobody', 'Client Finished'],
      ['Finished', 'Client', 'Client Finished'],
      ['Finished', 'Upstream', 'Upstream Finished'],
      ['ClientGone', 'Client', 'Client ClientGone'],
      ['ClientReset', 'Nobody', 'Client ClientReset'],
      ['ClientReset', 'Upstream', 'Client ClientReset'],
      ['ClientReset', 'Client', 'Client Finished'],
      ['UpstreamReset', 'Client', 'Upstream UpstreamReset'],
      ['IdleTimeout', 'Nobody', 'Deadline IdleTimeout'],
      ['HalfClosedTimeout', 'Client', 'Deadline HalfClosedTimeout'],
      ['DecideTimeout', 'Nobody', 'Deadline DecideTimeout'],
      ['Stopped', 'Nobody', 'Drain DrainTimeout'],
      ['Commanded', 'Nobody', 'Error Internal'],
      ['Internal', 'Nobody', 'Error Internal'],
    ];
    for (const [cause, firstEnd, end] of expected) {
      assert.equal(words(endingSeenByEngine(cause, firstEnd)), end, `${cause} ${firstEnd}`);
    }
    assert.deepEqual(new Set(expected.map(([cause]) => cause)), new Set(endCauses));
  });

  it('stays within the words of the access log, whatever the engine saw', () => {
    for (const cause of endCauses) {
      for (const firstEnd of firstEnds) {
        const { closedBy, reason } = endingSeenByEngine(cause, firstEnd);
        assert.ok(closedByValues.includes(closedBy) && closeReasons.includes(reason));
      }
    }
  });

  it("tells a connect's failures apart by errno", () => {
    for (const [systemCode, end] of [
      ['ECONNREFUSED', 'Upstream ConnectRefused'],
      ['ECONNRESET', 'Upstream ConnectRefused'],
      ['ENOENT', 'Upstream ConnectRefused'],
      ['ETIMEDOUT', 'Deadline ConnectTimeout'],
      ['ENETUNREACH', 'Upstream Unreachable'],
      ['EHOSTUNREACH', 'Upstream Unreachable'],
      ['EADDRNOTAVAIL', 'Upstream Unreachable'],
      ['EPERM', 'Upstream Unreachable'],
      ['EMFILE', 'Limit LimitReached'],
      ['ENOMEM', 'Limit LimitReached'],
    ] as const) {
      assert.equal(words(endingOfConnectFailure(connectFailureOf(systemCode))), end, systemCode);
    }
    assert.equal(connectFailureOf('ENETUNREACH'), 'NetworkUnreachable');
    assert.equal(connectFailureOf('EHOSTUNREACH'), 'HostUnreachable');
  });

  it('names for each reason of ours who is to blame', () => {
    const blamed = Object.groupBy(closeReasons, (reason) => endingOfRefusal(reason).closedBy);
    assert.deepEqual(blamed.Policy, ['NoRoute', 'Banned', 'NotAllowed', 'AuthFailed', 'Revoked', 'ProtocolError']);
    assert.deepEqual(blamed.Deadline, [
      'DetectTimeout',
      'DecideTimeout',
      'ConnectTimeout',
      'IdleTimeout',
      'HalfClosedTimeout',
    ]);
    assert.deepEqual(blamed.Limit, ['LimitReached']);
    assert.deepEqual(blamed.Upstream, [
      'ConnectRefused',
      'Unreachable',
      'ResolveFailed',
      'NoEndpoint',
      'UpstreamReset',
    ]);
    assert.deepEqual(blamed.Client, ['Finished', 'ClientGone', 'ClientReset']);
    assert.deepEqual(blamed.Drain, ['DrainTimeout']);
    assert.deepEqual(blamed.Error, ['Internal']);
  });
});
