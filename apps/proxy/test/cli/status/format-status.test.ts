import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatStatus, isStatusAnswers, type StatusAnswers } from '../../../src/cli/status/format-status.ts';

const range = {
  range: 'users',
  source: 'Live',
  isConnected: true,
  isCurrent: true,
  epoch: 3,
  revision: 120,
  digest: 'a'.repeat(64),
  count: 10_234,
  ageSeconds: 0.84,
  rejectedCount: 2,
  rejected: [{ key: 'users.alice', reason: 'has \u001b[2J in it' }],
  doubt: null,
};
const answers: StatusAnswers = {
  ready: { ready: true },
  status: {
    version: '0.1.0',
    pid: 7,
    digest: 'b'.repeat(64),
    uptimeSeconds: 11_520,
    configLoadedAt: '2027-01-01T00:00:00.000Z',
    connections: { accepted: 10, active: 2 },
    listeners: [{ name: 'edge', addresses: ['0.0.0.0:443', '[::]:443'], accepted: 10, active: 2 }],
  },
  control: { isLive: true, proxy: 'edge-1', isConnected: true, stateDirectory: '/var/lib/sluice', ranges: [range] },
};

test('shows a person how the proxy is, what is live and what was rejected, and moves no cursor', () => {
  const text = formatStatus(answers);
  assert.match(text, /^sluice 0\.1\.0, pid 7, up 3h12m: Ready\nfile: digest bbbbbbbbbbbb, loaded 2027/);
  assert.match(text, /\nedge +0\.0\.0\.0:443 \[::\]:443 +2 +10\n/);
  assert.match(text, /\nlive configuration: proxy edge-1, connected to NATS, last good kept in \/var\/lib\/sluice\n/);
  assert.match(text, /\nusers +Live +3 +120 +aaaaaaaaaaaa +0\.8s +10234 +2\n/);
  assert.match(text, /\nrejected users\.alice: has \\u001b\[2J in it\nand 1 more of users\n$/);
});

test('says why a proxy is not ready, what is in doubt, and that nothing is live', () => {
  const doubted = {
    ...range,
    isCurrent: false,
    source: 'Disk',
    ageSeconds: null,
    doubt: 'no head for 7 s',
    rejected: [],
    rejectedCount: 0,
  };
  const text = formatStatus({
    ...answers,
    ready: { ready: false, reason: 'NoLiveConfiguration', detail: 'no users in force' },
    control: { ...answers.control, isConnected: false, stateDirectory: null, ranges: [doubted] },
  });
  assert.match(text, /: NoLiveConfiguration: no users in force\n/);
  assert.match(text, /not connected to NATS, last good kept in no directory\n/);
  assert.match(text, /\nusers +Disk \(in doubt\) .* - +10234 +0\n\nusers in doubt: no head for 7 s\n$/);
  assert.match(
    formatStatus({ ...answers, control: { isLive: false } }),
    /\nlive configuration: none, the file is all there is\n$/,
  );
});

test('takes what a newer version adds, and refuses what is no status', () => {
  assert.ok(isStatusAnswers({ ...answers, ready: { ready: true, more: 1 } }));
  for (const wrong of [null, {}, { ...answers, status: {} }, { ...answers, control: { isLive: 'yes' } }])
    assert.ok(!isStatusAnswers(wrong));
});
