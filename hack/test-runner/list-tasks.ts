/** Finds what there is to run. A pattern that matches nothing is an error: a suite that lost its files must not pass. */
import { existsSync, globSync } from 'node:fs';
import type { SuiteName, TestTask } from './test-task.ts';

const fileTimeoutMs = 300_000;
const scriptTimeoutMs = 660_000;
const fuzzSeconds = 10;

const patterns = {
  unit: [
    'apps/*/test/**/*.test.ts',
    'packages/*/test/**/*.test.ts',
    'native/test/**/*.test.ts',
    'hack/test/**/*.test.ts',
    'bench/test/**/*.test.ts',
  ],
  e2e: ['tests/e2e/**/*.test.ts'],
  kube: ['tests/kube/**/*.test.ts'],
} as const;

function listFiles(suite: keyof typeof patterns): TestTask[] {
  return patterns[suite].flatMap((pattern) => {
    const paths = globSync(pattern).toSorted();
    if (paths.length === 0) throw new Error(`no test file matches ${pattern}: nothing would be tested`);
    return paths.map((path) => ({
      suite,
      path,
      args: [],
      timeoutMs: fileTimeoutMs,
      isAlone: path.endsWith('.alone.test.ts'),
    }));
  });
}

function scriptTask(suite: SuiteName, path: string, args: readonly string[]): TestTask[] {
  if (!existsSync(path)) throw new Error(`${path} is missing: its suite would not be tested`);
  return [{ suite, path, args, timeoutMs: scriptTimeoutMs, isAlone: false }];
}

/** The tasks of one suite; throws when it has none. Paths are relative to the working directory. */
export function listTasks(suite: SuiteName): TestTask[] {
  switch (suite) {
    case 'unit':
    case 'e2e':
    case 'kube':
      return listFiles(suite);
    case 'native':
      return scriptTask(suite, 'hack/native-test.sh', []);
    case 'fuzz':
      return scriptTask(suite, 'hack/fuzz.sh', [String(fuzzSeconds)]);
  }
}
