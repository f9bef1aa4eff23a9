/**
 * The live state service against its own OpenAPI document, by a client that knows nothing else of it: requests that fit the
 * document and requests that do not.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findSchemathesis } from '@sluice/testkit/find-schemathesis.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { startStateServiceProcess } from '@sluice/testkit/state-service-process.ts';
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
    // It would find its own key and revoke it.
    ...['--exclude-operation-id', 'revokeApiKey'],
  ];
  const run = await runCommand(found.path, args, {
    timeoutMs: 120_000,
    cwd: directory,
    env: { PATH: systemPath, HOME: directory },
  });
  assert.equal(run.code, 0, run.stdout.slice(-6000) + run.stderr.slice(-2000));
  // A run whose requests were all refused at the door would find nothing either.
  const statuses = service.process.logs(({ msg }) => msg === 'request').map(({ status }) => Number(status));
  const worked = statuses.filter((status) => status < 300).length;
  assert.ok(statuses.length > 500 && worked > 50, `${statuses.length} requests, of which ${worked} did something`);
  assert.deepEqual(
    statuses.filter((status) => status >= 500),
    [],
  );
});
