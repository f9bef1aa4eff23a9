import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { formatIssue } from '../../src/config/config-issue.ts';
import { type LoadedConfig, loadConfig } from '../../src/control/load-config.ts';
import { withListener } from '../config/parse-text.ts';

async function write(t: TestContext, content: string | Buffer): Promise<string> {
  const path = join(await createTemporaryDirectory(t), 'sluice.yaml');
  await writeFile(path, content);
  return path;
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function errorsOf(loaded: LoadedConfig): readonly string[] {
  return loaded.kind === 'invalid' ? loaded.errors.map(formatIssue) : [];
}

describe('loading a configuration', () => {
  it('gives the configuration, its text and the SHA-256 of the file', async (t) => {
    const text = withListener('routes: [{ name: "${NAME}", match: {}, action: Echo }]\n');
    const loaded = await loadConfig(await write(t, text), { NAME: 'echo' });
    assert.ok(loaded.kind === 'valid');
    assert.equal(loaded.config.routes[0]?.name, 'echo');
    assert.deepEqual([loaded.text, loaded.digest, loaded.notes], [text, digestOf(text), []]);
  });

  it('gives all that is wrong and the digest of what was refused', async (t) => {
    const text = withListener('routess: []\n');
    const path = await write(t, text);
    const loaded = await loadConfig(path, {});
    assert.equal(loaded.digest, digestOf(text));
    assert.match(errorsOf(loaded).join('\n'), /sluice\.yaml:4:1: .*routess.*routes/);
  });

  it('refuses bytes that are not UTF-8 instead of guessing', async (t) => {
    const bytes = Buffer.concat([Buffer.from(withListener('# ')), Buffer.of(0xe9, 0x0a)]);
    const path = await write(t, bytes);
    const loaded = await loadConfig(path, {});
    assert.equal(loaded.digest, digestOf(bytes));
    assert.deepEqual(errorsOf(loaded), [`${path}:1:1: the file is not UTF-8 text (save it as UTF-8)`]);
  });

  it('takes what cannot be read for something wrong with the file, with no digest', async (t) => {
    const directory = await createTemporaryDirectory(t);
    for (const [path, reason] of [
      [join(directory, 'absent.yaml'), 'there is no such file'],
      [directory, 'it is a directory'],
    ] as const) {
      const loaded = await loadConfig(path, {});
      assert.equal(loaded.digest, null);
      const [error = ''] = errorsOf(loaded);
      assert.ok(error.startsWith(`${path}:1:1: cannot read the file: ${reason} (`), error);
    }
  });

  it('does not read a file over 64 MiB into memory', async (t) => {
    const path = await write(t, '');
    await truncate(path, 64 * 1024 * 1024 + 1);
    const before = process.memoryUsage().arrayBuffers;
    const loaded = await loadConfig(path, {});
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
    assert.equal(loaded.digest, null);
    assert.match(errorsOf(loaded).join(''), /the file has 67108865 bytes, more than 67108864/);
  });
});
