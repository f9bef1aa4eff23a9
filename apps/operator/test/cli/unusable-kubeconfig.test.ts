/** An operator that cannot have the API server it was told of does not start: it would wait, alive and healthy, for ever. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const program = fileURLToPath(new URL('../../bin/sluice-operator', import.meta.url));
const commands = {
  run: ['run', '--nats', 'nats://127.0.0.1:1', '--lease-namespace', 'sluice', '--admin', '127.0.0.1:0'],
  'init-secrets': ['init-secrets', '--prefix', 'sluice', '--namespace', 'sluice'],
};

async function runOperator(args: readonly string[]): Promise<CommandResult> {
  return await runCommand(program, args, { env: {}, timeoutMs: 60_000 });
}

for (const [name, args] of Object.entries(commands)) {
  test(`${name} ends with 2 when the kubeconfig is not there or names no cluster`, async (t) => {
    const path = join(await createTemporaryDirectory(t), 'kubeconfig');
    const absent = await runOperator([...args, '--kubeconfig', path]);
    assert.match(absent.stderr, /cannot read the kubeconfig \S+: .*ENOENT/);
    assert.equal(absent.code, 2);

    await writeFile(path, 'apiVersion: v1\nkind: Config\n');
    const empty = await runOperator([...args, '--kubeconfig', path]);
    assert.match(empty.stderr, /names no cluster/);
    assert.equal(empty.code, 2);
  });

  test(`${name} ends with 2 outside a pod when no kubeconfig is named`, async () => {
    const result = await runOperator(args);
    assert.match(result.stderr, /this is no pod: .* or name a kubeconfig/);
    assert.equal(result.code, 2);
  });
}
