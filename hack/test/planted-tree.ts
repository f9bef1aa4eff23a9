/**
 * A tree of its own for one test of a check: the repository's settings, and the files that the test plants. The real script
 * of hack/verify then runs on it, so that both script and settings are proven.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

const repository = join(import.meta.dirname, '../..');
const settings = [
  '.clang-format',
  '.clang-tidy',
  '.gitignore',
  '.oxlintrc.json',
  '.shellcheckrc',
  '.yamllint',
  'biome.json',
  'knip.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
];

export interface CheckResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** The result of `hack/verify/<check>.sh` on a tree with `files` (path to content, where `{root}` is the tree); the tree goes with the test. */
export function runCheckOn(t: TestContext, check: string, files: Readonly<Record<string, string>>): CheckResult {
  const root = mkdtempSync(join(tmpdir(), 'sluice-planted-'));
  t.after(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const name of settings) cpSync(join(repository, name), join(root, name));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content.replaceAll('{root}', root));
  }
  execFileSync('git', ['init', '--quiet', root]);
  const script = join(repository, 'hack/verify', `${check}.sh`);
  const result = spawnSync(script, { encoding: 'utf8', env: { ...process.env, SLUICE_ROOT: root } });
  return { exitCode: result.status, output: `${result.stdout}${result.stderr}`.replaceAll(root, '') };
}
