import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CommandLine, readCommandLine } from '../../src/command/command-line.ts';
import type { ExitCode } from '../../src/command/exit-code.ts';
import { readInformationalCommand, withoutArguments } from '../../src/command/informational-command.ts';
import { runProgram } from '../../src/command/run-program.ts';

interface Work {
  readonly kind: 'work';
}

function parse(argv: readonly string[]): CommandLine<Work> {
  const [name, ...rest] = argv;
  return readCommandLine<Work>('usage: lock\n', () =>
    name === 'work' ? withoutArguments({ kind: 'work' }, rest) : readInformationalCommand(name, rest),
  );
}

interface Ended {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

async function run(argv: readonly string[], obey: () => Promise<ExitCode> = async () => 0): Promise<Ended> {
  const written = { out: '', err: '' };
  const out = (text: string): void => void (written.out += text);
  const err = (text: string): void => void (written.err += text);
  const program = { name: 'lock', version: '1.2.3', usage: 'usage: lock\n', out, err, obey };
  const code = await runProgram(program, parse(argv));
  return { code, ...written };
}

describe('a program', () => {
  it('ends with what its command ends with', async () => {
    assert.deepEqual(await run(['work'], async () => 2), { code: 2, out: '', err: '' });
  });

  it('says its version and its usage', async () => {
    const version = { code: 0, out: `lock 1.2.3 (node ${process.version})\n`, err: '' };
    assert.deepEqual(await run(['version']), version);
    assert.deepEqual(await run(['--version']), version);
    for (const word of ['help', '--help', '-h']) {
      assert.deepEqual(await run([word]), { code: 0, out: 'usage: lock\n', err: '' });
    }
  });

  it('says what is wrong with its command line, and the usage, and ends with 64', async () => {
    const problems = new Map([
      ['', 'no command given'],
      ['wrok', 'unknown command "wrok"'],
      ['work hard', 'work takes no arguments'],
      ['--help me', 'help takes no arguments'],
    ]);
    for (const [line, problem] of problems) {
      const argv = line.split(' ').filter((word) => word !== '');
      assert.deepEqual(await run(argv), { code: 64, out: '', err: `lock: ${problem}\n\nusage: lock\n` });
    }
  });

  it('ends with 1 and the reason when its command fails', async () => {
    const failing = async (): Promise<never> => await Promise.reject(new Error('the disk is full'));
    assert.deepEqual(await run(['work'], failing), { code: 1, out: '', err: 'lock: the disk is full\n' });
  });

  it('lets an error of its own making through while it reads the command line', () => {
    const broken = (): never => {
      throw new TypeError('a bug');
    };
    assert.throws(() => readCommandLine('usage: lock\n', broken), /a bug/);
  });
});
