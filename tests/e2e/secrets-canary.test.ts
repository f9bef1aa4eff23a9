/**
 * Passwords, verifiers, API keys, NKey seeds and the key of acknowledgements stay where they are needed: everything is done
 * once, right and wrong, and then no secret is in any log, metric, answer or message. Verifiers are in the users' keys on
 * the bus, which is what those are for, and nowhere else.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { forwardProtocols, openTunnel } from '@sluice/testkit/forward-tunnel.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { sluiceCommand } from '@sluice/testkit/sluice-command.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { type StateServiceProcess, startStateServiceProcess } from '@sluice/testkit/state-service-process.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { makeNkey } from './make-nkey.ts';
import { type NatsSpy, type SeenMessage, startNatsSpy } from './nats-spy.ts';

/** Where text was seen, and the text. */
type Surfaces = Map<string, string>;

const canary = (what: string): string => `${what}-${randomBytes(9).toString('hex')}`;
const usersKey = /^\$KV\.sluice-config\.users\./u;
/** What a stream sends to those who may read it; what was published has been seen already. */
const delivery = /^_INBOX/u;

interface Scene {
  /** What each is, and its text. */
  readonly secrets: Map<string, string>;
  readonly surfaces: Surfaces;
  readonly spies: NatsSpy[];
  readonly nats: NatsServer;
  readonly service: StateServiceProcess;
  readonly proxy: SluiceProcess;
  readonly spyPassword: string;
}

/** The part of `$argon2id$…$salt$hash` that is secret. */
function hashOf(verifier: string): string {
  return verifier.slice(verifier.lastIndexOf('$') + 1);
}

async function openScene(t: TestContext): Promise<Scene> {
  const directory = await createTemporaryDirectory(t);
  const [stateKey, proxyKey] = [makeNkey(), makeNkey()];
  const spyPassword = canary('spy');
  const ackKey = canary('ack-key');
  const fileVerifier = createCheapVerifier(canary('file-password'));
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const [stateSeed, proxySeed] = [await file('state.nk', stateKey.seed), await file('proxy.nk', proxyKey.seed)];
  const ackKeyFile = await file('ack-key', ackKey);
  const users = [`{ nkey: ${stateKey.publicKey} }`, `{ nkey: ${proxyKey.publicKey} }`];
  const config = `authorization { users: [${users.join(', ')}, { user: spy, password: "${spyPassword}" }] }\n`;
  const [nats, postgres] = await Promise.all([startNatsServer(t, { config }), startPostgres(t)]);
  const service = await startStateServiceProcess(t, {
    databaseUrl: (await postgres.createDatabase()).url,
    args: ['--nats', nats.url, '--nats-nkey-seed', stateSeed, '--ack-key-file', ackKeyFile, '--log-level', 'debug'],
  });
  const spy = await startNatsSpy(t, { host: nats.host, port: nats.port, user: 'spy', password: spyPassword });
  const connection = `servers: ["${nats.url}"], nkeySeedFile: "${proxySeed}"`;
  const proxy = await startSluice(t, {
    config: buildConfig({
      top: `log: { level: Debug }\ncontrol: { name: edge-1, ranges: [Users], ackKeyFile: "${ackKeyFile}", stateDirectory: "${directory}/state", nats: { ${connection} } }`,
      routes: [
        'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
        'name: connect, match: { protocol: HTTP }, action: ForwardProxy',
      ],
      users: [`name: clash, password: { argon2id: "${fileVerifier}" }`],
    }),
  });
  const secrets = new Map([
    ['seed of the state service', stateKey.seed],
    ['seed of the proxy', proxyKey.seed],
    ['key of acknowledgements', ackKey],
    ['verifier in the file', hashOf(fileVerifier)],
    ["administrator's key", service.adminKey.split('_')[2] ?? ''],
  ]);
  return { secrets, surfaces: new Map(), spies: [spy], nats, service, proxy, spyPassword };
}

/** One command of the state service; what it prints is a surface. */
async function command(scene: Scene, line: string, input = ''): Promise<string> {
  const env = { SLUICE_STATE_URL: scene.service.url, SLUICE_STATE_KEY: scene.service.adminKey };
  const { stdout, stderr } = await runCommand(sluiceCommand, line.split(' '), { input, env, timeoutMs: 30_000 });
  // A new key is printed this once.
  const isKey = line.startsWith('key create') || line.startsWith('key rotate');
  scene.surfaces.set(`sluice ${line}`, isKey ? stderr : stdout + stderr);
  return stdout;
}

/** One request; its answer is a surface. Text is sent as it is. */
async function ask(scene: Scene, request: string, body?: unknown, key = scene.service.adminKey): Promise<number> {
  const [method = '', path = ''] = request.split(' ');
  const response = await fetch(`${scene.service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'if-match': '*' },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const headers = JSON.stringify([...response.headers]);
  scene.surfaces.set(`${request} #${scene.surfaces.size}`, headers + (await response.text()));
  return response.status;
}

/** Right and wrong, on both protocols. */
async function logIn(scene: Scene, right: string, wrong: string, t: TestContext): Promise<void> {
  const origin = await startEchoOrigin(t);
  for (const protocol of forwardProtocols) {
    const asked = { edge: scene.proxy.address('edge'), protocol, user: 'alice', to: origin };
    await eventually(
      async () => {
        const outcome = await openTunnel({ ...asked, password: right });
        assert.ok(outcome.kind === 'Open', outcome.kind);
        outcome.client.socket.destroy();
      },
      { timeoutMs: 20_000 },
    );
    assert.equal((await openTunnel({ ...asked, password: wrong })).kind, 'Refused');
  }
}

/** Requests that are refused and carry a secret where it does not belong. */
async function sendNonsense(scene: Scene): Promise<void> {
  const { secrets } = scene;
  const misplaced = canary('misplaced');
  secrets.set('password in a field that is not known', misplaced);
  const path = 'POST /v1/users/alice/credentials';
  const bodies = [
    { passwrd: misplaced },
    { password: { text: misplaced } },
    { password: misplaced.padEnd(300, 'x') },
    { password: misplaced, verifier: misplaced },
    { verifier: `$argon2id$${misplaced}` },
    { password: misplaced, notAfter: 'tomorrow' },
    `{"password": "${misplaced}"`,
  ];
  for (const body of bodies) assert.equal(await ask(scene, path, body), 400, JSON.stringify(body));
  const importLine = JSON.stringify({ kind: 'User', user: { name: 'x' }, credentials: [{ argon2id: misplaced }] });
  await ask(scene, 'POST /v1/import', importLine);
  const { adminKey } = scene.service;
  for (const key of [`${adminKey}x`, adminKey.slice(0, -1), adminKey.replace(/.{6}$/u, 'AAAAAA')]) {
    assert.equal(await ask(scene, 'GET /v1/users', undefined, key), 401);
  }
}

async function collect(scene: Scene): Promise<void> {
  const { surfaces, service, proxy, nats } = scene;
  for (const path of ['/v1/users', '/v1/users/alice', '/v1/users/alice/credentials', '/v1/api-keys', '/v1/audit']) {
    assert.equal(await ask(scene, `GET ${path}`), 200);
  }
  for (const path of ['/v1/export', '/metrics', '/readyz']) await ask(scene, `GET ${path}`);
  for (const path of ['/metrics', '/readyz', '/v1/status', '/v1/control', '/v1/config']) {
    surfaces.set(`proxy ${path}`, await (await proxy.fetchAdmin(path)).text());
  }
  surfaces.set('log of the state service', JSON.stringify([service.process.logs(), service.process.strays]));
  surfaces.set('log of the proxy', JSON.stringify(proxy.logs()) + proxy.strayOutput.join('\n'));
  surfaces.set('errors of the proxy', proxy.stderr);
  surfaces.set('log of nats-server', await nats.log());
}

/** Everywhere but in the users' keys on the bus. */
function leaksOf(scene: Scene, verifiers: ReadonlySet<string>): string[] {
  const messages = scene.spies.flatMap((spy) => spy.messages);
  const isNeeded = ({ subject }: SeenMessage): boolean => usersKey.test(subject) || delivery.test(subject);
  const leaks: string[] = [];
  const look = (where: string, text: string, secrets: Iterable<readonly [string, string]>): void => {
    for (const [what, secret] of secrets) if (text.includes(secret)) leaks.push(`${what} in ${where}`);
  };
  const hashes = [...verifiers].map((hash) => ['a verifier', hash] as const);
  for (const [where, text] of scene.surfaces) look(where, text, [...scene.secrets, ...hashes]);
  for (const message of messages) {
    look(`message ${message.subject}`, message.text, scene.secrets);
    if (!isNeeded(message)) look(`message ${message.subject}`, message.text, hashes);
  }
  return leaks;
}

test('no secret is where it is not needed', {
  skip: await whyNoNatsServer(),
  timeout: 120_000,
}, async (t) => {
  const scene = await openScene(t);
  const { secrets, spies, nats } = scene;
  const [first, second, wrong] = [canary('first'), canary('second'), canary('wrong')];
  for (const [what, password] of Object.entries({ first, second, wrong })) {
    secrets.set(`${what} password`, password);
    secrets.set(`${what} password in Basic credentials`, Buffer.from(`alice:${password}`).toString('base64'));
  }
  const imported = createCheapVerifier(canary('imported'));

  await command(scene, 'user add alice --destinations Rules --on-revoke Disconnect', first);
  await command(scene, 'acl add --user alice --cidr 127.0.0.0/8');
  await logIn(scene, first, wrong, t);
  await command(scene, 'user passwd alice', second);
  await logIn(scene, second, wrong, t);
  await command(scene, 'user passwd alice --keep --verifier', imported);
  await command(scene, 'user show alice --json');
  for (const name of ['ci', 'other']) {
    const key = JSON.parse(await command(scene, `key create ${name} --scope users:read --json`)) as Record<
      string,
      string
    >;
    secrets.set(`key of ${name}`, key['key']?.split('_')[2] ?? '');
    const next = await command(scene, `key rotate ${key['id'] ?? ''}`);
    secrets.set(`second key of ${name}`, next.trim().split('_')[2] ?? '');
    await command(scene, `key revoke ${key['id'] ?? ''}`);
  }
  await command(scene, 'key list');
  await sendNonsense(scene);
  // The file has a user of this name: the proxy rejects the live one and says why.
  await command(scene, 'user add clash', second);
  await eventually(async () => assert.match(await (await scene.proxy.fetchAdmin('/v1/control')).text(), /clash/u));
  await nats.kill();
  await command(scene, 'user disable alice');
  await nats.restart();
  spies.push(await startNatsSpy(t, { host: nats.host, port: nats.port, user: 'spy', password: scene.spyPassword }));
  await command(scene, 'user enable alice');
  await logIn(scene, second, wrong, t);
  await collect(scene);

  const messages = spies.flatMap((spy) => spy.messages);
  const ofUsers = messages.filter(({ subject }) => usersKey.test(subject));
  const verifiers = new Set(ofUsers.flatMap(({ text }) => text.match(/\$argon2id\$[^"\\]+/gu) ?? []).values());
  const hashes = new Set([...verifiers].map(hashOf));
  // The proof that the nets are not empty: two passwords of alice, one of clash, one that was imported.
  assert.ok(hashes.size >= 4, `${hashes.size} verifiers were published`);
  assert.ok(hashes.has(hashOf(imported)));
  assert.ok(messages.some(({ subject }) => subject.startsWith('sluice.ack.')));
  assert.match(scene.surfaces.get('log of the proxy') ?? '', /AuthFailed/u);
  assert.ok([...secrets.values()].every((secret) => secret.length >= 12));
  const planted = { ...scene, surfaces: new Map([['a plant', `x${first}x${hashOf(imported)}`]]), spies: [] };
  assert.deepEqual(leaksOf(planted, hashes), ['first password in a plant', 'a verifier in a plant']);
  assert.deepEqual(leaksOf(scene, hashes), []);
});
