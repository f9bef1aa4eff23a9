import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { checkCommand } from '../../src/cli/check-command.ts';
import { withListener } from '../config/parse-text.ts';
import { CapturedOutput } from './captured-output.ts';

interface Checked {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly path: string;
}

async function check(t: TestContext, text: string, env: Readonly<Record<string, string>> = {}): Promise<Checked> {
  const path = join(await createTemporaryDirectory(t), 'sluice.yaml');
  await writeFile(path, text);
  const output = new CapturedOutput();
  const code = await checkCommand(path, env, output);
  return { code, out: output.outText, err: output.errText, path };
}

describe('sluice check', () => {
  it('prints a configuration that checks again to the same', async (t) => {
    const first = await check(t, withListener('routes: [{ name: all, match: {}, action: Echo }]\n'));
    assert.deepEqual([first.code, first.err], [0, '']);
    assert.match(first.out, /name: edge/);
    const second = await check(t, first.out);
    assert.deepEqual([second.code, second.out], [0, first.out]);
  });

  it('expands variables of the environment it is given', async (t) => {
    const text = withListener('routes: [{ name: "${NAME}", match: {}, action: Echo }]\n');
    const { code, out } = await check(t, text, { NAME: 'from-env' });
    assert.equal(code, 0);
    assert.match(out, /from-env/);
    const without = await check(t, text);
    assert.equal(without.code, 2);
    assert.match(without.err, /:4:\d+: .*NAME/);
  });

  it('says everything that is wrong, one a line, with file, line and column, and prints no configuration', async (t) => {
    const { code, out, err, path } = await check(t, withListener('routess: []\nusers: 7\n'));
    assert.deepEqual([code, out], [2, '']);
    const lines = err.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.ok(lines[0]?.startsWith(`${path}:4:1: `) && lines[0].includes('routess'), err);
    assert.ok(lines[1]?.startsWith(`${path}:5:8: `), err);
    for (const line of lines) assert.match(line, /\(.+\)$/);
  });

  it('notes what is odd and says it is valid all the same', async (t) => {
    const routes = 'routes:\n  - { name: all, match: {}, action: Echo }\n  - { name: never, match: {}, action: Ban }\n';
    const { code, out, err, path } = await check(t, withListener(routes));
    assert.equal(code, 0);
    assert.ok(err.startsWith(`${path}:6:`) && err.includes('never'), err);
    assert.match(out, /name: never/);
  });

  it('hides what nobody but the owner should see', async (t) => {
    const verifier = '$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$QUJDREVGR0hJSktMTU5PUA';
    const users = `users: [{ name: a, password: { scrypt: "${verifier}" } }]\n`;
    const { code, out } = await check(t, withListener(users));
    assert.equal(code, 0);
    assert.ok(!out.includes('QUJDREVGR0hJSktMTU5PUA'));
  });

  it('takes a file that is not there for one more thing that is wrong', async () => {
    const output = new CapturedOutput();
    assert.equal(await checkCommand('/nonexistent/sluice.yaml', {}, output), 2);
    assert.match(
      output.errText,
      /^\/nonexistent\/sluice\.yaml:1:1: cannot read the file: there is no such file \(.+\)\n$/,
    );
  });
});
