/** docs/kubernetes.md does what it says: every command of it, in order, on a real API server with real proxies behind it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { isAsPromised, readPageSteps } from './page-steps.ts';

const program = fileURLToPath(new URL('./follow-page.ts', import.meta.url));
/** Everything that is started in them is gone with them. */
const apart = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
const followTimeoutMs = 280_000;

async function whyNotApart(): Promise<string | false> {
  const result = await runCommand('unshare', [...apart, 'ip', 'link', 'add', 'probe', 'type', 'bridge']);
  return result.code === 0 ? false : `no network namespace with a bridge: ${result.stderr.trim()}`;
}

const skip = (await whyNoKubeApi({ helm: true, pods: true })) || (await whyNoNatsServer()) || (await whyNotApart());

test('every command of docs/kubernetes.md does what the page says', { skip }, async (t) => {
  const result = await runCommand('unshare', [...apart, process.execPath, program], { timeoutMs: followTimeoutMs });
  assert.equal(result.code, 0, `${result.stdout.slice(-20_000)}${result.stderr}`);
  const followed = /^followed (\d+) steps$/m.exec(result.stdout)?.[1];
  t.diagnostic(`${followed} steps`);
  assert.ok(Number(followed) >= 10, result.stdout);
});

describe('the reading of a page', () => {
  test('takes shell blocks as steps and the text behind one as its answer', () => {
    const page = [
      'text',
      '```sh',
      'a',
      'b',
      '```',
      '',
      '```text',
      'c',
      '```',
      '```yaml',
      'd: 1',
      '```',
      '```sh',
      'e',
      '```',
    ];
    assert.deepEqual(readPageSteps(page.join('\n')), [
      { line: 3, script: 'a\nb', answer: 'c' },
      { line: 14, script: 'e', answer: null },
    ]);
    assert.throws(() => readPageSteps('```sh\na'), /line 1: the block has no end/);
  });

  test('lets ages, addresses and widths differ, and nothing else', () => {
    assert.ok(isAsPromised('web  3/3  40s', 'web   3/3   2m10s\n'));
    assert.ok(!isAsPromised('web  3/3  40s', 'web  2/3  40s'));
    assert.ok(!isAsPromised('web  3/3', 'web  3/3\nsite 3/3'));
  });
});
