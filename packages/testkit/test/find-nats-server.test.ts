/** `tools/nats/find-server.sh`, with programs of the test's own in place of Go and of the system's server. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createScriptPlace, type ScriptPlace, writeProgram } from './script-place.ts';

const script = fileURLToPath(new URL('../../../tools/nats/find-server.sh', import.meta.url));

/** With a Go that fails. */
async function createPlace(t: TestContext): Promise<ScriptPlace> {
  const place = await createScriptPlace(t, script);
  const body = `echo tried >> ${place.directory}/go.log; echo no such module >&2; exit 1`;
  await writeProgram(place.bin, 'go', body);
  return place;
}

test('says why there is no server, and does not try to build again at once', async (t) => {
  const place = await createPlace(t);
  await writeProgram(place.bin, 'nats-server', 'echo nats-server: v2.9.10');
  for (let run = 0; run < 2; run++) {
    const { status, out, err } = place.run();
    assert.deepEqual([status, out], [3, '']);
    assert.match(
      err,
      /no nats-server: .*build of nats-server 2\.15\.2 failed: no such module; and .* is 2\.9\.10, older/,
    );
  }
  assert.equal(await readFile(join(place.directory, 'go.log'), 'utf8'), 'tried\n');
});

test("takes the system's server when it can build none, and says so", async (t) => {
  const place = await createPlace(t);
  const path = await writeProgram(place.bin, 'nats-server', 'echo nats-server: v2.11.0');
  const { status, out, err } = place.run();
  assert.deepEqual([status, out], [0, path]);
  assert.match(err, /nats-server 2\.11\.0 from the system/);
});

test('takes the one it is told to, and fails when that is none', async (t) => {
  const place = await createPlace(t);
  const path = await writeProgram(place.bin, 'mine', 'echo nats-server: v2.14.9');
  const told = place.run({ SLUICE_NATS_SERVER: path });
  assert.deepEqual([told.status, told.out], [0, path]);
  assert.match(told.err, /nats-server 2\.14\.9 from SLUICE_NATS_SERVER/);
  assert.equal(place.run({ SLUICE_NATS_SERVER: join(place.directory, 'none') }).status, 1);
});

test('uses what was built before without asking Go', async (t) => {
  const place = await createPlace(t);
  await writeProgram(
    place.bin,
    'go',
    'for last; do :; done; shift 6; printf "#!/bin/sh\\necho nats-server: v2.15.2\\n" > "$1"; chmod 755 "$1"',
  );
  const first = place.run();
  assert.equal(first.status, 0, first.err);
  await writeProgram(place.bin, 'go', 'exit 1');
  assert.deepEqual(place.run().out, first.out);
});
