import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { EffectiveConfig } from '../../src/config/effective-config.ts';
import { configOf, errorsOf, routeOf, withListener } from './parse-text.ts';

const scrypt = '$scrypt$ln=15,r=8,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';

const argon2id = '$argon2id$v=19$m=19456,t=2,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';
const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

const wholeFile = `# sluice.yaml: the whole of a small installation
zone: eu-a
admin: { bind: "127.0.0.1:9900" }          # /metrics /healthz /readyz /v1/…
listeners:
  - name: edge
    bind: ["0.0.0.0:443", "[::]:443"]
    transport: TCP                         # TCP | UDP
    detect: { timeout: 3s }
    noRoute: Reset
    timeouts: { connect: 5s, connectTotal: 15s, idle: 0s, halfClosed: 1m30s, drain: 500ms }
    proxyProtocol: { trust: [10.0.0.0/8] }
    limits: { connections: 7 }
routes:
  - name: web
    listeners: [edge]
    match: { protocol: TLS, sni: ["WWW.example.com.", "*.shop.example.com"], alpn: [h2], sources: [0.0.0.0/0] }
    to:
      endpoints: [{ url: "tcp://10.0.0.7:443" }, { url: "tcp://web.internal:443", weight: 2, tcpFastOpen: true, zones: [eu-a, eu-b, eu-a] }]
      balance: LeastConnections
    halfClose: false
  - name: socket
    match: { protocol: SSH }
    to: { endpoints: [{ url: "unix:///run/a.sock" }] }
  - name: forward
    match: { protocol: SOCKS5 }
    action: ForwardProxy
    forward: { anonymous: true }
  - name: rest
    match: {}
    action: Ban
users:
  - name: alice
    password: { scrypt: "${scrypt}" }
    allow: [{ domains: ["*.example.com"], ports: [443, 8443] }, { cidrs: ["fd00::/8"] }]
  - name: bob
    password: { scrypt: "${scrypt}" }
    credentials: [{ argon2id: "${argon2id}", notAfter: "2027-01-31T12:00:00+02:00" }, { bcrypt: "${bcrypt}" }]
    quota: { connections: 12 }
    onRevoke: Disconnect
control:
  name: edge-1
  nats: { servers: ["nats://a:4222", "tls://b"], nkeySeedFile: /run/seed, inbox: proxies, tls: { caFile: /run/ca } }
  ranges: [Users]
  stateDirectory: /var/lib/sluice
  ackKeyFile: /run/ack
  startTimeout: 5s
log: { level: Debug, access: false }
datapath: { mode: Workers, workers: 3, splice: false, receiveLowWater: true, packetDiet: { coalesceFin: false } }
`;

const wholeConfig: EffectiveConfig = {
  zone: 'eu-a',
  control: {
    name: 'edge-1',
    nats: {
      servers: ['nats://a:4222', 'tls://b'],
      credentialsFile: null,
      nkeySeedFile: '/run/seed',
      inbox: 'proxies',
      tls: { caFile: '/run/ca', certFile: null, keyFile: null },
    },
    ranges: ['users'],
    stateDirectory: '/var/lib/sluice',
    ackKeyFile: '/run/ack',
    startTimeoutMs: 5000,
  },
  admin: { enabled: true, bind: { text: '127.0.0.1:9900', host: '127.0.0.1', port: 9900, family: 4 } },
  log: { level: 'debug', access: false },
  datapath: {
    mode: 'Workers',
    workers: 3,
    splice: false,
    receiveLowWater: true,
    packetDiet: { coalesceFin: false, delayedAck: true, optimisticSend: true },
  },
  listeners: [
    {
      name: 'edge',
      binds: [
        { text: '0.0.0.0:443', host: '0.0.0.0', port: 443, family: 4 },
        { text: '[::]:443', host: '::', port: 443, family: 6 },
      ],
      detect: { timeoutMs: 3000, protocols: ['TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5'] },
      noRoute: 'Reset',
      timeouts: { connectMs: 5000, connectTotalMs: 15_000, idleMs: 0, halfClosedMs: 90_000, drainMs: 500 },
      proxyProtocolTrust: ['10.0.0.0/8'],
      maxConnections: 7,
    },
  ],
  routes: [
    {
      name: 'web',
      listeners: ['edge'],
      match: { protocol: 'TLS', sni: ['www.example.com', '*.shop.example.com'], alpn: ['h2'], sources: ['0.0.0.0/0'] },
      target: {
        kind: 'Endpoints',
        endpoints: [
          {
            url: 'tcp://10.0.0.7:443',
            address: { kind: 'tcp', host: '10.0.0.7', port: 443, family: 4 },
            weight: 1,
            tcpFastOpen: false,
            zones: [],
          },
          {
            url: 'tcp://web.internal:443',
            address: { kind: 'tcp', host: 'web.internal', port: 443, family: 0 },
            weight: 2,
            tcpFastOpen: true,
            zones: ['eu-a', 'eu-b'],
          },
        ],
        balance: 'LeastConnections',
      },
      halfClose: false,
    },
    {
      name: 'socket',
      listeners: null,
      match: { protocol: 'SSH', sni: [], alpn: [], sources: [] },
      target: {
        kind: 'Endpoints',
        endpoints: [
          {
            url: 'unix:///run/a.sock',
            address: { kind: 'unix', path: '/run/a.sock' },
            weight: 1,
            tcpFastOpen: false,
            zones: [],
          },
        ],
        balance: 'RoundRobin',
      },
      halfClose: true,
    },
    {
      name: 'forward',
      listeners: null,
      match: { protocol: 'SOCKS5', sni: [], alpn: [], sources: [] },
      target: { kind: 'ForwardProxy', anonymous: true },
      halfClose: true,
    },
    {
      name: 'rest',
      listeners: null,
      match: { protocol: null, sni: [], alpn: [], sources: [] },
      target: { kind: 'Ban' },
      halfClose: true,
    },
  ],
  users: [
    {
      name: 'alice',
      credentials: [{ verifier: scrypt, notAfterMs: null }],
      allow: [
        {
          domains: ['*.example.com'],
          cidrs: [],
          ports: [
            { from: 443, to: 443 },
            { from: 8443, to: 8443 },
          ],
        },
        { domains: [], cidrs: ['fd00::/8'], ports: [] },
      ],
      maxConnections: null,
      onRevoke: 'Keep',
    },
    {
      name: 'bob',
      credentials: [
        { verifier: scrypt, notAfterMs: null },
        { verifier: argon2id, notAfterMs: Date.UTC(2027, 0, 31, 10) },
        { verifier: bcrypt, notAfterMs: null },
      ],
      allow: null,
      maxConnections: 12,
      onRevoke: 'Disconnect',
    },
  ],
};

test('every key of the schema reaches the effective configuration', () => {
  assert.deepEqual(configOf(wholeFile), wholeConfig);
});

test('a file of Windows lines, or with a byte order mark, means the same', () => {
  assert.deepEqual(configOf(wholeFile.replaceAll('\n', '\r\n')), wholeConfig);
  assert.deepEqual(configOf(`\ufeff${wholeFile}`), wholeConfig);
});

test('the smallest file takes every default', () => {
  const { admin, log, datapath, listeners, routes, users } = configOf(withListener(''));
  assert.deepEqual(admin, {
    enabled: true,
    bind: { text: '127.0.0.1:9900', host: '127.0.0.1', port: 9900, family: 4 },
  });
  assert.deepEqual(log, { level: 'info', access: true });
  assert.deepEqual(datapath, {
    mode: 'Auto',
    workers: 0,
    splice: true,
    receiveLowWater: false,
    packetDiet: { delayedAck: true, coalesceFin: true, optimisticSend: true },
  });
  assert.deepEqual(listeners, [
    {
      name: 'edge',
      binds: [{ text: '127.0.0.1:0', host: '127.0.0.1', port: 0, family: 4 }],
      detect: { timeoutMs: 3000, protocols: ['TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5'] },
      noRoute: 'Close',
      timeouts: { connectMs: 5000, connectTotalMs: 15_000, idleMs: 3_600_000, halfClosedMs: 30_000, drainMs: 30_000 },
      proxyProtocolTrust: [],
      maxConnections: 100_000,
    },
  ]);
  assert.deepEqual([routes, users], [[], []]);
});

test('an empty list of protocols is kept apart from an absent one', () => {
  const config = configOf('listeners: [{ name: raw, bind: ["127.0.0.1:0"], detect: { protocols: [] } }]');
  assert.deepEqual(config.listeners[0]?.detect, { timeoutMs: 3000, protocols: [] });
});

test('an empty allow list is kept apart from an absent one', () => {
  const config = configOf(withListener(`users: [{ name: a, password: { scrypt: "${scrypt}" }, allow: [] }]`));
  assert.deepEqual(config.users[0]?.allow, []);
});

test('values that say the same twice are kept once', () => {
  const { match } = routeOf(
    '{ name: a, match: { sni: [A.test, a.test., b.test], sources: ["2001:DB8::/32", "2001:db8:0::/32"] }, action: Ban }',
  );
  assert.deepEqual([match.sni, match.sources], [['a.test', 'b.test'], ['2001:db8::/32']]);
});

test('aliases stand for what they name', () => {
  const text = withListener(
    'routes:\n  - &r { name: a, match: &m { protocol: SSH }, action: Ban }\n  - { name: b, match: *m, action: Echo }\n',
  );
  assert.deepEqual(
    configOf(text).routes.map((route) => route.match.protocol),
    ['SSH', 'SSH'],
  );
});

test('the file of docs/configuration.md is valid, and so is every example', async () => {
  const root = new URL('../../../../', import.meta.url);
  const page = await readFile(new URL('docs/configuration.md', root), 'utf8');
  const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  assert.deepEqual(errorsOf(example ?? ''), []);
  for (const name of await readdir(new URL('examples/', root))) {
    if (name.endsWith('.yaml'))
      assert.deepEqual(errorsOf(await readFile(new URL(`examples/${name}`, root), 'utf8')), [], name);
  }
});
