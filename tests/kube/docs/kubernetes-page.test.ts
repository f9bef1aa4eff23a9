/** docs/kubernetes.md, and what README.md has of it, does what it says: every command, in order, on a real API server with real proxies behind it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
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
const shownCharacters = 20_000;

async function whyNotApart(): Promise<string | false> {
  const result = await runCommand('unshare', [...apart, 'ip', 'link', 'add', 'probe', 'type', 'bridge']);
  return result.code === 0 ? false : `no network namespace with a bridge: ${result.stderr.trim()}`;
}

const skip = (await whyNoKubeApi({ helm: true, pods: true })) || (await whyNoNatsServer()) || (await whyNotApart());

/** Its output, and whether it came to its end. It has our environment, which says where programs are. */
async function runApart(page: string): Promise<{ readonly hasSucceeded: boolean; readonly output: string }> {
  const child = spawn('unshare', [...apart, process.execPath, program, page], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: followTimeoutMs,
    killSignal: 'SIGKILL',
  });
  const [output, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)),
  ]);
  return { hasSucceeded: code === 0, output };
}

for (const [page, stepsAtLeast] of [
  ['docs/kubernetes.md', 10],
  ['README.md', 1],
] as const) {
  test(`every command of ${page} does what the page says`, { skip }, async (t) => {
    const { hasSucceeded, output } = await runApart(page);
    assert.ok(hasSucceeded, output.slice(-shownCharacters));
    const followed = /^followed (\d+) steps$/m.exec(output)?.[1];
    t.diagnostic(`${followed} steps`);
    assert.ok(Number(followed) >= stepsAtLeast, output.slice(-shownCharacters));
  });
}

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
