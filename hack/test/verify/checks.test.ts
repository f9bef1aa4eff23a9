/** For each check but lint: it passes a clean tree, names one planted violation, and fails when it has nothing to read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crdFiles } from '../../crds/crd-files.ts';
import { runCheckOn } from '../planted-tree.ts';

interface Plant {
  readonly check: string;
  readonly clean: Readonly<Record<string, string>>;
  /** Added to the clean files, or instead of them. */
  readonly planted: Readonly<Record<string, string>>;
  /** What the report must say. */
  readonly names: RegExp;
}

const script = '#!/usr/bin/env bash\n';
const compileCommands = JSON.stringify([
  { directory: '{root}', file: '{root}/native/src/open.cc', command: 'c++ -std=c++20 -c {root}/native/src/open.cc' },
]);

const plants: readonly Plant[] = [
  {
    check: 'format-ts',
    clean: { 'hack/a.ts': "export const a = 'text';\n" },
    planted: { 'hack/b.ts': 'export const b = "text"\n' },
    names: /hack\/b\.ts format/,
  },
  {
    check: 'format-cpp',
    clean: { 'native/src/a.cc': 'int a() { return 1; }\n' },
    planted: { 'native/src/b.cc': 'int b( ) {return 1;}\n' },
    names: /native\/src\/b\.cc:1:7: error: code should be clang-formatted/,
  },
  {
    check: 'type-check',
    clean: { 'hack/a.ts': 'export const a: number = 1;\n' },
    planted: { 'hack/b.ts': 'export enum B {\n  One,\n}\nexport const b: number = [1][0];\n' },
    names: /hack\/b\.ts\(1,13\): error TS1294[^]*hack\/b\.ts\(4,14\): error TS2322/,
  },
  {
    check: 'names',
    clean: { 'native/src/a.cc': 'class Relay {};\n' },
    planted: {
      'apps/proxy/src/string-utils.ts': 'export const a = 1;\n',
      'native/src/b.cc': 'class PipeManager {};\n',
    },
    names: /string-utils\.ts: banned name \(no-banned-name\)\nnative\/src\/b\.cc:1:class PipeManager/,
  },
  {
    check: 'sizes',
    clean: { Makefile: 'all:\n', 'hack/a.sh': script, 'native/src/a.cc': 'int a();\n' },
    planted: { Makefile: 'all:\n'.repeat(121), 'hack/b.sh': ':\n'.repeat(101), 'native/src/b.h': '\n'.repeat(401) },
    names:
      /Makefile: 121 lines[^]*hack\/b\.sh: 101 lines[^]*native\/src\/b\.h: 401 lines, at most 400 are allowed \(max-lines\)/,
  },
  {
    check: 'headers',
    clean: { 'native/src/a.h': '#pragma once\n#include <cstdint>\nuint32_t a();\n' },
    planted: { 'native/src/b.h': '#pragma once\nstd::uint32_t b();\n' },
    names: /native\/src\/b\.h: does not compile alone \(header-self-contained\)/,
  },
  {
    check: 'clang-tidy',
    clean: {
      'native/build/addon/compile_commands.json': compileCommands,
      'native/src/open.cc':
        '#include <fcntl.h>\n\nint openIt(const char* path) { return open(path, O_RDONLY | O_CLOEXEC); }\n',
    },
    planted: {
      'native/src/open.cc': '#include <fcntl.h>\n\nint openIt(const char* path) { return open(path, O_RDONLY); }\n',
    },
    names: /native\/src\/open\.cc:3:\d+: error: .*\[android-cloexec-open/,
  },
  {
    check: 'shell',
    clean: { 'hack/a.sh': `${script}echo "$1"\n` },
    planted: { '.ci/run': `${script}echo $1\n` },
    names: /In \.ci\/run line 2:[^]*SC2086/,
  },
  {
    check: 'yaml',
    clean: { 'a.yaml': 'a: 1\n' },
    planted: { 'b.yml': 'a: 1\na: 2\n' },
    names: /b\.yml[^]*duplication of key "a" in mapping\s+\(key-duplicates\)/,
  },
  {
    check: 'crds',
    clean: Object.fromEntries(crdFiles()),
    planted: { 'deploy/crds/proxyusers.yaml': 'kind: Other\n', 'charts/crds/templates/old.yaml': 'kind: Old\n' },
    names: /deploy\/crds\/proxyusers\.yaml: not what [^]*charts\/crds\/templates\/old\.yaml: nothing writes it/,
  },
  {
    check: 'dead-code',
    clean: {
      'apps/proxy/package.json': '{ "name": "@sluice/proxy" }\n',
      'apps/proxy/src/main.ts': "import { used } from './used.ts';\n\nused();\n",
      'apps/proxy/src/used.ts': 'export function used(): void {}\n',
      'apps/proxy/test/used.test.ts':
        "import fc from 'fast-check';\nimport { used } from '../src/used.ts';\n\nfc.pre(true);\nused();\n",
      'hack/test/a.test.ts': "import { parse } from 'yaml';\n\nparse('');\n",
    },
    planted: {
      'apps/proxy/src/used.ts': 'export function used(): void {}\n\nexport function unused(): void {}\n',
      'apps/proxy/src/lonely.ts': 'export const lonely = 1;\n',
      'apps/proxy/package.json': '{ "name": "@sluice/proxy", "dependencies": { "yaml": "2.9.1" } }\n',
    },
    names: /Unused files[^]*lonely\.ts[^]*Unused dependencies[^]*yaml[^]*Unused exports[^]*unused\s+function/,
  },
];

for (const { check, clean, planted, names } of plants) {
  describe(`hack/verify/${check}.sh`, () => {
    it('passes a clean tree', (t) => {
      const { exitCode, output } = runCheckOn(t, check, clean);
      assert.equal(exitCode, 0, output);
    });

    it('names the planted violation', (t) => {
      const { exitCode, output } = runCheckOn(t, check, { ...clean, ...planted });
      assert.notEqual(exitCode, 0, output);
      assert.match(output, names);
    });

    it('fails when there is nothing to read', (t) => {
      const { exitCode, output } = runCheckOn(t, check, {});
      assert.notEqual(exitCode, 0, output);
    });
  });
}
