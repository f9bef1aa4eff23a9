/** Each rule that the project relies on is planted once; one run of the real check must name them all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCheckOn } from '../planted-tree.ts';

const repeat = (line: string, count: number): string => line.repeat(count);

/** Rule, then the file that breaks it and its content. Files that others import come without a rule. */
const planted: readonly (readonly [rule: string | null, path: string, content: string])[] = [
  [null, 'apps/proxy/src/session/promised.ts', 'export async function promised(): Promise<number> {\n  return 1;\n}\n'],
  [
    'no-floating-promises',
    'apps/proxy/src/session/floating.ts',
    "import { promised } from './promised.ts';\nexport function f(): void {\n  promised();\n}\n",
  ],
  [
    'no-misused-promises',
    'apps/proxy/src/session/misused.ts',
    "import { promised } from './promised.ts';\nexport const f = (): void => {\n  [1].forEach(async () => {\n    await promised();\n  });\n};\n",
  ],
  [
    'switch-exhaustiveness-check',
    'apps/proxy/src/session/switch.ts',
    "export function f(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      break;\n  }\n}\n",
  ],
  [
    'no-unnecessary-condition',
    'apps/proxy/src/session/condition.ts',
    'export const f = (n: number): number => (n === undefined ? 1 : n);\n',
  ],
  ['only-throw-error', 'apps/proxy/src/session/throw.ts', "export function f(): never {\n  throw 'text';\n}\n"],
  ['no-explicit-any', 'apps/proxy/src/session/any.ts', 'export const f = (value: any): boolean => value === 1;\n'],
  [
    'no-unsafe-assignment',
    'apps/proxy/src/session/unsafe.ts',
    "export function f(): string {\n  const text: string = JSON.parse('1');\n  return text;\n}\n",
  ],
  ['no-unsafe-return', 'apps/proxy/src/session/unsafe-return.ts', "export const f = (): string => JSON.parse('1');\n"],
  ['no-unsafe-call', 'apps/proxy/src/session/unsafe-call.ts', "export const f = (): void => JSON.parse('1')();\n"],
  [
    'no-non-null-assertion',
    'apps/proxy/src/session/non-null.ts',
    'export const f = (value: string | null): string => value!;\n',
  ],
  [
    'consistent-type-imports',
    'apps/proxy/src/session/type-import.ts',
    "import { Socket } from 'node:net';\nexport type S = Socket;\n",
  ],
  [null, 'apps/proxy/src/session/deprecated.ts', '/** @deprecated use the other */\nexport const old = 1;\n'],
  [
    'no-deprecated',
    'apps/proxy/src/session/uses-deprecated.ts',
    "import { old } from './deprecated.ts';\nexport const value = old;\n",
  ],
  ['max-lines', 'apps/proxy/src/session/long-file.ts', repeat('export {};\n', 401)],
  [
    'max-lines-per-function',
    'apps/proxy/src/session/long-function.ts',
    `export function f(n: number): number {\n  let m = n;\n${repeat('  m += n;\n', 70)}  return m;\n}\n`,
  ],
  [
    'max-depth',
    'apps/proxy/src/session/deep.ts',
    'export function f(a: boolean): number {\n  if (a) {\n    for (;;) {\n      while (true) {\n        if (a) {\n          return 1;\n        }\n      }\n    }\n  }\n  return 0;\n}\n',
  ],
  [
    'max-params',
    'apps/proxy/src/session/params.ts',
    'export const f = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;\n',
  ],
  [
    'complexity',
    'apps/proxy/src/session/complex.ts',
    `export const f = (n: number): boolean => n === 0${Array.from({ length: 12 }, (_, i) => ` || n === ${i + 2}`).join('')};\n`,
  ],
  [
    'no-cycle',
    'apps/proxy/src/session/cycle-a.ts',
    "import { b } from './cycle-b.ts';\nexport const a = (): number => b();\n",
  ],
  [
    null,
    'apps/proxy/src/session/cycle-b.ts',
    "import { a } from './cycle-a.ts';\nexport const b = (): number => a();\n",
  ],
  ['no-process-env', 'apps/proxy/src/session/env.ts', "export const f = (): unknown => process.env['HOME'];\n"],
  ['no-default-export', 'apps/proxy/src/session/default.ts', 'export default 1;\n'],
  ['no-barrel-file', 'apps/proxy/src/session/barrel.ts', "export * from './promised.ts';\n"],
  ['filename-case', 'apps/proxy/src/session/camelCase.ts', 'export const a = 1;\n'],
  [
    'no-restricted-imports',
    'apps/proxy/src/session/app.ts',
    "import { x } from '@sluice/operator/x.ts';\nexport const a = x;\n",
  ],
  [
    'no-restricted-imports',
    'apps/proxy/src/session/path.ts',
    "import { x } from '../../../operator/src/x.ts';\nexport const a = x;\n",
  ],
  [
    'no-restricted-imports',
    'apps/proxy/src/session/kit.ts',
    "import { x } from '@sluice/testkit/x.ts';\nexport const a = x;\n",
  ],
  [
    'no-restricted-imports',
    'apps/proxy/src/session/env-import.ts',
    "import { env } from 'node:process';\nexport const a = env;\n",
  ],
  [
    'no-restricted-imports',
    'packages/contract/src/io.ts',
    "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n",
  ],
  [
    'no-restricted-imports',
    'packages/runtime/src/route.ts',
    "import { x } from '@sluice/contract/x.ts';\nexport const a = x;\n",
  ],
  ['no-restricted-imports', 'native/lib/route.ts', "import { x } from '@sluice/contract/x.ts';\nexport const a = x;\n"],
  [
    'no-restricted-imports',
    'apps/proxy/src/detect/file.ts',
    "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n",
  ],
  [
    'no-restricted-imports',
    'apps/proxy/src/routing/net.ts',
    "import { connect } from 'node:net';\nexport const a = connect;\n",
  ],
  [
    'no-restricted-imports',
    'apps/proxy/src/forward/shell.ts',
    "import { promised } from '../session/promised.ts';\nexport const a = promised;\n",
  ],
  ['no-restricted-globals', 'apps/proxy/src/config/clock.ts', 'export const f = (): number => Date.now();\n'],
  [
    'no-restricted-globals',
    'apps/proxy/src/health/timer.ts',
    'export const f = (): unknown => setTimeout(() => {}, 1);\n',
  ],
  ['no-restricted-properties', 'apps/proxy/src/routing/random.ts', 'export const f = (): number => Math.random();\n'],
  ['no-restricted-globals', 'apps/proxy/test/sleep.test.ts', 'setTimeout(() => {}, 1);\n'],
  [
    'no-restricted-imports',
    'tests/e2e/sleep.test.ts',
    "import { setTimeout as sleep } from 'node:timers/promises';\nawait sleep(1);\n",
  ],
];

const clean = {
  'apps/proxy/src/routing/is-address.ts':
    "import { isIP } from 'node:net';\n\nexport const isAddress = (text: string): boolean => isIP(text) !== 0;\n",
};

describe('hack/verify/lint.sh', () => {
  it('passes a file that keeps the rules', (t) => {
    const { exitCode, output } = runCheckOn(t, 'lint', clean);
    assert.equal(exitCode, 0, output);
  });

  it('fails when there is nothing to read', (t) => {
    assert.notEqual(runCheckOn(t, 'lint', {}).exitCode, 0);
  });

  it('names every planted violation by file and rule', (t) => {
    const { exitCode, output } = runCheckOn(
      t,
      'lint',
      Object.fromEntries(planted.map(([, path, content]) => [path, content])),
    );
    assert.notEqual(exitCode, 0);
    const missed = planted.filter(
      ([rule, path]) =>
        rule !== null && !output.split('\n').some((line) => line.startsWith(`${path}:`) && line.includes(`(${rule})`)),
    );
    assert.deepEqual(
      missed.map(([rule, path]) => `${rule} in ${path}`),
      [],
      output,
    );
  });
});
