/**
 * The live state service against its own OpenAPI document, by a client that knows nothing else of it: requests that fit the
 * document and requests that do not.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findSchemathesis } from '@sluice/testkit/find-schemathesis.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { StateClient } from '@sluice/testkit/state-client.ts';
import { startStateServiceProcess, type StateServiceProcess } from '@sluice/testkit/state-service-process.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const found = await findSchemathesis();
const skip = 'missing' in found ? found.missing : false;
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];
const runSeconds = 40;
const hooks = fileURLToPath(new URL('../../tools/schemathesis/revocations.py', import.meta.url));

/** Ids of a few keys that nobody uses. */
async function createKeys({ url, adminKey }: StateServiceProcess): Promise<readonly string[]> {
  const client = new StateClient(url, adminKey);
  const create = async (_: unknown, index: number): Promise<string> => {
    const body = { client: `spare-${index}`, scopes: ['users:read'] };
    const made = await client.ask({ method: 'POST', path: '/v1/api-keys', body });
    return (made.body as { readonly key: string }).key.split('_')[1] ?? '';
  };
  return await Promise.all(Array.from({ length: 5 }, create));
}

test('no request made out of the OpenAPI document is answered by a failure or by what the document does not have', {
  skip,
}, async (t) => {
  assert.ok('path' in found);
  const postgres = await startPostgres({ after });
  const service = await startStateServiceProcess(t, {
    databaseUrl: (await postgres.createDatabase()).url,
    // All of them come from one address, and many without a valid key, on purpose.
    args: ['--address-failures', '999999', '--address-requests', '999999', '--key-requests', '999999'],
  });
  const directory = await createTemporaryDirectory(t);
  await writeFile(join(directory, 'schemathesis.toml'), `[auth.openapi.apiKey]\nbearer = "${service.adminKey}"\n`);
  const args = [
    ...['--config-file', join(directory, 'schemathesis.toml'), 'run', `${service.url}/openapi.json`],
    ...['--phases', 'examples,coverage,fuzzing', '--max-time', String(runSeconds), '--seed', '20261127', '--no-shrink'],
    ...['--checks', checks.join(','), '--continue-on-failure', '--warnings', 'off', '--no-color'],
  ];
  const run = await runCommand(found.path, args, {
    timeoutMs: 120_000,
    cwd: directory,
    env: {
      PATH: systemPath,
      HOME: directory,
      SCHEMATHESIS_HOOKS: hooks,
      SLUICE_OWN_KEY_ID: service.adminKey.split('_')[1] ?? '',
      SLUICE_SPARE_KEY_IDS: (await createKeys(service)).join(','),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  assert.equal(run.code, 0, run.stdout.slice(-6000) + run.stderr.slice(-2000));
  // A run whose requests were all refused at the door would find nothing either.
  const answers = service.process.logs(({ msg }) => msg === 'request');
  const statuses = answers.map(({ status }) => Number(status));
  const worked = statuses.filter((status) => status < 300).length;
  assert.ok(statuses.length > 500 && worked > 50, `${statuses.length} requests, of which ${worked} did something`);
  assert.deepEqual(
    statuses.filter((status) => status >= 500),
    [],
  );
  const revocations = answers.filter(({ method, route }) => method === 'DELETE' && route === '/v1/api-keys/:id');
  assert.ok(
    revocations.some(({ status }) => status === 204),
    `no key was revoked: ${revocations.map(({ status }) => String(status)).join(' ')}`,
  );
  const own = await fetch(`${service.url}/v1/api-keys`, { headers: { authorization: `Bearer ${service.adminKey}` } });
  assert.equal(own.status, 200, 'the key of the run was revoked, so that what followed was refused at the door');
});
