import assert from 'node:assert/strict';
import { globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { copyProductionTree, findProductionTree } from '../../images/copy-production-tree.ts';

type Files = Readonly<Record<string, string | object>>;

/** A repository as npm leaves it; a value that begins with `->` is a link. */
async function plant(t: TestContext, files: Files): Promise<string> {
  const root = await createTemporaryDirectory(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (typeof content === 'object') writeFileSync(join(root, path), JSON.stringify(content));
    else if (content.startsWith('->')) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return root;
}

function filesIn(directory: string): readonly string[] {
  const found = globSync('**/*', { cwd: directory, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
}

const repository: Files = {
  'apps/one/package.json': { dependencies: { '@own/shared': '*', left: '1' }, devDependencies: { tester: '1' } },
  'apps/one/src/main.ts': '',
  'apps/one/bin/one': '',
  'apps/one/.env': '',
  'apps/one/src/.cache/one': '',
  'apps/one/test/main.test.ts': '',
  'apps/one/node_modules/left/package.json': { dependencies: { deep: '1' } },
  'apps/one/node_modules/left/index.js': '',
  'apps/two/package.json': { dependencies: { stranger: '1' } },
  'packages/shared/package.json': { dependencies: { deep: '1' }, optionalDependencies: { heavy: '1' } },
  'packages/shared/src/shared.ts': '',
  'packages/shared/test/shared.test.ts': '',
  'node_modules/@own/shared': '->../../packages/shared',
  'node_modules/deep/package.json': {
    dependencies: { 'deep-native': '1', 'bare-deep': '1' },
    optionalDependencies: { 'deep-native': '1', 'deep-other': '1', 'deep-absent': '1' },
  },
  'node_modules/deep/index.js': '',
  'node_modules/deep/index.d.ts': '',
  'node_modules/deep/index.js.map': '',
  'node_modules/deep/LICENSE': '',
  'node_modules/deep/README.md': '',
  'node_modules/deep/CHANGELOG.md': '',
  'node_modules/deep/.npmignore': '',
  'node_modules/deep/.github/workflows/deep.yml': '',
  'node_modules/deep/tsconfig.build.json': '',
  'node_modules/deep/src/index.ts': '',
  'node_modules/deep/test/deep.js': '',
  'node_modules/deep/lib/test/needed.js': '',
  'node_modules/deep/node_modules/deep-native/package.json': { os: ['linux'] },
  'node_modules/deep-other/package.json': {},
  'node_modules/bare-deep/package.json': {},
  'node_modules/heavy/package.json': {},
  'node_modules/left/package.json': {},
  'node_modules/stranger/package.json': {},
  'node_modules/tester/package.json': {},
};

test('an app gets what its dependencies reach, each from where Node would take it', async (t) => {
  const root = await plant(t, repository);
  assert.deepEqual(findProductionTree(root, 'apps/one'), {
    workspaces: ['apps/one', 'packages/shared'],
    packages: ['apps/one/node_modules/left', 'node_modules/deep', 'node_modules/deep/node_modules/deep-native'],
    links: ['node_modules/@own/shared'],
  });
});

test('what is copied is what runs, and its licences', async (t) => {
  const root = await plant(t, repository);
  const target = await createTemporaryDirectory(t);
  copyProductionTree(root, 'apps/one', target);
  assert.deepEqual(filesIn(target), [
    'node_modules/@own/shared',
    'node_modules/deep/LICENSE',
    'node_modules/deep/README.md',
    'node_modules/deep/index.js',
    'node_modules/deep/lib/test/needed.js',
    'node_modules/deep/node_modules/deep-native/package.json',
    'node_modules/deep/package.json',
    'workspaces/apps/one/node_modules/left/index.js',
    'workspaces/apps/one/node_modules/left/package.json',
    'workspaces/apps/one/package.json',
    'workspaces/apps/one/src/main.ts',
    'workspaces/packages/shared/package.json',
    'workspaces/packages/shared/src/shared.ts',
  ]);
  assert.equal(await readlink(join(target, 'node_modules/@own/shared')), '../../packages/shared');
});

test('a dependency that is not installed is named, with who needs it', async (t) => {
  const root = await plant(t, {
    'apps/one/package.json': { dependencies: { deep: '1' } },
    'node_modules/deep/package.json': { dependencies: { gone: '1' } },
  });
  assert.throws(
    () => findProductionTree(root, 'apps/one'),
    /node_modules\/deep depends on gone, which is not installed/,
  );
});

test('a package whose native part for this platform is not installed is named', async (t) => {
  const parts = { [`fast-${process.platform}-${process.arch}-gnu`]: '1', 'fast-other-cpu': '1' };
  const root = await plant(t, {
    'apps/one/package.json': { dependencies: { fast: '1' } },
    'node_modules/fast/package.json': { optionalDependencies: parts },
  });
  assert.throws(
    () => findProductionTree(root, 'apps/one'),
    /node_modules\/fast has a native part for \S+, which is not/,
  );
  writeFileSync(
    join(root, 'node_modules/fast/package.json'),
    JSON.stringify({ optionalDependencies: { fsevents: '1' } }),
  );
  assert.deepEqual(findProductionTree(root, 'apps/one').packages, ['node_modules/fast']);
});
