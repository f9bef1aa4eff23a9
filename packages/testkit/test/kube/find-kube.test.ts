/** `tools/kube/find-kube.sh`, with programs of the test's own in place of Go and of a control plane. */
import assert from 'node:assert/strict';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createScriptPlace, type ScriptPlace, writeProgram } from '../script-place.ts';

const script = fileURLToPath(new URL('../../../../tools/kube/find-kube.sh', import.meta.url));

async function writeAssets(directory: string): Promise<void> {
  await writeProgram(directory, 'kube-apiserver', 'echo Kubernetes v1.34.2');
  for (const name of ['etcd', 'kubectl']) await writeProgram(directory, name, 'true');
}

/** A Go that fails, and says that it was asked. */
async function writeFailingGo({ directory, bin }: ScriptPlace): Promise<void> {
  const body = `if [[ $1 == env ]]; then echo go1.26 amd64; exit; fi\necho asked >> ${directory}/go.log; echo no such module >&2; exit 1`;
  await writeProgram(bin, 'go', body);
}

test('says why there is none, and does not try to build again at once', async (t) => {
  const place = await createScriptPlace(t, script);
  await writeFailingGo(place);
  for (let run = 0; run < 2; run++) {
    const { status, out, err } = place.run();
    assert.deepEqual([status, out], [3, '']);
    assert.match(err, /no Kubernetes API server: .* and no KUBEBUILDER_ASSETS\n$/);
  }
  assert.equal(await readFile(join(place.directory, 'go.log'), 'utf8'), 'asked\n');
});

test('takes the programs of KUBEBUILDER_ASSETS, and says that there are no pods when it can build none', async (t) => {
  const place = await createScriptPlace(t, script);
  await writeFailingGo(place);
  const assets = join(place.directory, 'assets');
  await writeAssets(assets);
  const { status, out, err } = place.run({ KUBEBUILDER_ASSETS: assets });
  assert.equal(status, 0, err);
  assert.match(err, /\nKubernetes 1\.34\.2 from \S+\/assets\/kube-apiserver, without pods: .*\n$/);
  const programs = await readdir(out);
  assert.ok(
    ['etcd', 'kube-apiserver', 'kubectl'].every((name) => programs.includes(name)),
    programs.join(),
  );
  assert.ok(!programs.includes('kwok'));
  assert.equal(await realpath(join(out, 'etcd')), join(await realpath(assets), 'etcd'));
});

test('prefers a single program that is named to the folder', async (t) => {
  const place = await createScriptPlace(t, script);
  await writeFailingGo(place);
  await writeAssets(join(place.directory, 'assets'));
  const own = await writeProgram(join(place.directory, 'own'), 'my-apiserver', 'echo Kubernetes v1.35.9');
  const env = { KUBEBUILDER_ASSETS: join(place.directory, 'assets'), TEST_ASSET_KUBE_APISERVER: own };
  assert.match(place.run(env).err, /Kubernetes 1\.35\.9 from \S+\/own\/my-apiserver/);
});

test('fails when a program that is named cannot be executed', async (t) => {
  const place = await createScriptPlace(t, script);
  const { status, err } = place.run({ TEST_ASSET_ETCD: join(place.directory, 'absent') });
  assert.equal(status, 1);
  assert.match(err, /absent, named by TEST_ASSET_ETCD, cannot be executed/);
});

test('builds once, and uses what was built before', async (t) => {
  const place = await createScriptPlace(t, script);
  // Writes its -o operand, and notes the package that it was asked for.
  const build =
    'for last; do :; done; while [[ $1 != -o ]]; do shift; done\nprintf "#!/bin/sh\\necho Kubernetes v1.36.3\\n" >"$2"; chmod 755 "$2"';
  const body = `case $1 in\nenv) echo go1.26 amd64 ;;\nlist) echo v1.36.3 ;;\nbuild) ${build}; echo "$last" >>${place.directory}/go.log ;;\nesac`;
  await writeProgram(place.bin, 'go', body);
  const first = place.run();
  assert.equal(first.status, 0, first.err);
  assert.match(first.err, /building kube-apiserver\n(.*\n)*Kubernetes 1\.36\.3 built from its modules\n$/);
  const second = place.run();
  assert.deepEqual([second.out, second.err], [first.out, 'Kubernetes 1.36.3 built from its modules\n']);
  const asked = (await readFile(join(place.directory, 'go.log'), 'utf8')).trim().split('\n');
  assert.equal(new Set(asked).size, asked.length, 'something was built twice');
  assert.ok(asked.includes('k8s.io/kubernetes/cmd/kube-apiserver') && asked.includes('sigs.k8s.io/kwok/cmd/kwok'));
});
