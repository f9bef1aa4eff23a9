/** Arbitrary specs of the three kinds: right ones, and ones with a text or number at the border of what is right, or beyond it. */
import * as fc from 'fast-check';
import type { Kind } from './crd-scene.ts';

/** Mostly what is right. */
function mostly<Value>(right: fc.Arbitrary<Value>, ...border: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...border) });
}

function lists<Item>(item: fc.Arbitrary<Item>, least = 1): fc.Arbitrary<readonly Item[]> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.array(item, { minLength: least, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
}

const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}`;
const hostName = mostly(
  fc.oneof(
    fc.domain().filter((text) => text.length < 200),
    fc.constantFrom('localhost', 'a_b.C-D.', '_x._tcp.a', `${long}.${'d'.repeat(61)}`, `${long}.${'d'.repeat(61)}.`),
  ),
  ...[
    '-a.b',
    'a-.b',
    'a..b',
    '.a',
    'a b',
    'bücher.example',
    '1.2.3.4',
    'a.1',
    'a.0x',
    'a.0xfg',
    `${long}.${'d'.repeat(62)}`,
  ],
  ...['a.1.', '0x7f', 'A.0XFF.', `${'a'.repeat(64)}.b`, '[::1]', 'a:1', '0', '1-', '1-1', 'a\n'],
);
const hostPattern = mostly(
  fc.oneof(
    hostName,
    hostName.map((name) => `*.${name}`),
  ),
  ...['*', '*.', '**.a', 'a.*.b', '*a.b', '*.*.b'],
);
const network = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([host, length]) => `${host}/${length}`),
  fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '255.255.255.255/32', '::/0', '2001:DB8::/32', 'fe80::/10', '::1/128'),
  fc.ipV6().map((host) => `${host}/128`),
);
const cidr = mostly(
  network,
  ...[
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/08',
    '010.0.0.0/8',
    '10.0.0/8',
    '::/129',
    '::ffff:1.2.3.4/128',
    '::ffff:0:0/96',
  ],
  ...[
    '1.2.3.4/33',
    'fe80::%eth0/10',
    ':::/0',
    '1::2::3/128',
    '::1.2.3.4/128',
    '0:0:0:0:0:0:0:0/0',
    '1:2:3:4:5:6:7::/112',
  ],
);
const duration = mostly(
  fc
    .array(fc.tuple(fc.nat(500), fc.constantFrom('h', 'm', 's', 'ms')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([count, unit]) => `${count}${unit}`).join('')),
  ...[
    '0s',
    '0h0m',
    '576h',
    '576h1ms',
    '1d',
    '1',
    's',
    '-1s',
    '1.5s',
    '100000ms',
    '99999h',
    '1s1s1s1s1s',
    '1us',
    '1S',
    ' 1s',
    '00001s',
  ],
);
const port = mostly(fc.integer({ min: 1, max: 65_535 }), 0, 65_536, -1);
const bind = mostly(
  fc.oneof(
    fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([host, at]) => `${host}:${at}`),
    fc.tuple(fc.ipV6(), fc.nat(65_535)).map(([host, at]) => `[${host}]:${at}`),
    fc.constantFrom('0.0.0.0:443', '[::]:443', '127.0.0.1:0'),
  ),
  ...[
    'localhost:1',
    ':443',
    '443',
    '1.2.3.4',
    '1.2.3.4:65536',
    '1.2.3.4:080',
    '::1:80',
    '[::1]',
    '[1.2.3.4]:1',
    '[::ffff:1.2.3.4]:1',
  ],
  ...[
    '[fe80::1%1]:1',
    '01.2.3.4:1',
    '[]:1',
    '*:1',
    '1.2.3.4:0443',
    '[::1]:99999',
    '1.2.3:1',
    '[[::1]]:1',
    '1.2.3.4:+1',
  ],
);
const url = mostly(
  fc.oneof(
    fc
      .tuple(fc.constantFrom('tcp', 'tcp4'), fc.oneof(fc.ipV4(), hostName), port)
      .map(([s, h, p]) => `${s}://${h}:${p}`),
    fc
      .tuple(fc.constantFrom('tcp', 'tcp6'), fc.oneof(fc.ipV6(), fc.constant('::1')), port)
      .map(([s, h, p]) => `${s}://[${h}]:${p}`),
    fc.stringMatching(/^\/[ -~é]{0,40}[!-.0-~]$/).map((path) => `unix://${path}`),
  ),
  ...[
    'tcp4://[::1]:1',
    'tcp6://1.2.3.4:1',
    'tcp://a',
    'tcp://a:',
    'tcp://:1',
    'tcp:a:1',
    'TCP://a:1',
    'tcp5://a:1',
    'http://a:1',
  ],
  ...[
    'unix://a',
    'unix:/a',
    'unix:///',
    'unix:///a/',
    `unix:///${'a'.repeat(106)}`,
    `unix:///${'a'.repeat(107)}`,
    'unix:///a\n',
  ],
  ...[
    'tcp://u@a:1',
    'tcp://a:1/',
    'tcp://a:1?b',
    'tcp://[1.2.3.4]:1',
    'tcp://[::ffff:1.2.3.4]:1',
    'tcp://1.2.3:1',
    'tcp://a:00001',
  ],
  ...[
    'unix://@a',
    `unix:///${'é'.repeat(54)}`,
    'tcp://[::1]]:1',
    'tcp://]::1[:1',
    `tcp://${long}.${'d'.repeat(62)}:1`,
    'unix:///a]b[c',
  ],
);
const name = mostly(
  fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?$/),
  '',
  '-a',
  'a.',
  'a b',
  'n'.repeat(254),
);
const label = mostly(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), 'Web', 'a.b', '-a', 'a'.repeat(64), '');

const match = fc.record(
  {
    protocol: mostly(fc.constantFrom('TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5', 'Unknown'), 'tls', 'UDP'),
    sni: lists(hostPattern),
    alpn: lists(mostly(fc.stringMatching(/^[!-~]{1,8}$/), '', 'h 2', 'é', 'x'.repeat(256))),
    sources: lists(cidr),
  },
  { requiredKeys: [] },
);
const service = fc.record({ name: label, namespace: label, port, portName: label }, { requiredKeys: ['name'] });
const oneOf = (value: object, keys: readonly string[], keep: number): object => {
  const given = keys.filter((key) => Object.hasOwn(value, key));
  const kept = given[keep % Math.max(1, given.length)];
  return Object.fromEntries(Object.entries(value).filter(([key]) => !given.includes(key) || key === kept));
};
/** Of the keys, one: but now and then all that were drawn. */
function exclusive(value: fc.Arbitrary<object>, keys: readonly string[]): fc.Arbitrary<object> {
  return fc.tuple(value, fc.nat(15)).map(([drawn, keep]) => (keep === 15 ? drawn : oneOf(drawn, keys, keep)));
}

const endpoint = exclusive(
  fc.record(
    {
      url,
      service: exclusive(service, ['port', 'portName']),
      weight: mostly(fc.integer({ min: 0, max: 1000 }), -1, 1001),
      tcpFastOpen: fc.boolean(),
      zones: lists(mostly(fc.constantFrom('eu-a', 'Zone_1.x'), '', 'a b', 'z'.repeat(64))),
    },
    { requiredKeys: ['url'] },
  ),
  ['url', 'service'],
);
const route = exclusive(
  fc.record(
    {
      listeners: lists(name),
      match,
      to: fc.record(
        { endpoints: lists(endpoint, 0), balance: mostly(fc.constantFrom('RoundRobin', 'LeastConnections'), 'Maglev') },
        { requiredKeys: ['endpoints'] },
      ),
      action: mostly(fc.constantFrom('Ban', 'Echo', 'Health', 'ForwardProxy'), 'Redirect'),
      halfClose: fc.boolean(),
    },
    { requiredKeys: ['to'] },
  ),
  ['to', 'action'],
).chain((spec) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(spec) },
    {
      weight: 1,
      arbitrary: fc.record({ anonymous: fc.boolean() }, { requiredKeys: [] }).map((forward) => ({ ...spec, forward })),
    },
  ),
);

const base64 = (least: number, most: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: least, maxLength: most })
    .map((bytes) => Buffer.from(bytes).toString('base64').replaceAll('=', ''));
const scrypt = mostly(
  fc
    .tuple(
      fc.integer({ min: 1, max: 17 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      base64(8, 64),
      base64(16, 64),
    )
    .map(([ln, r, p, salt, hash]) => `$scrypt$ln=${ln},r=${r},p=${p}$${salt}$${hash}`),
  ...['password', '$scrypt$ln=18,r=8,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwg', '$scrypt$'],
);
const argon2id = mostly(
  fc
    .tuple(
      fc.integer({ min: 8, max: 262_144 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 8 }),
      base64(8, 64),
      base64(16, 64),
    )
    .map(([m, t, p, salt, hash]) => `$argon2id$v=19$m=${m},t=${t},p=${p}$${salt}$${hash}`),
  ...['$argon2i$v=19$m=8,t=1,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwg', 'x'],
);
const bcrypt = mostly(
  fc
    .tuple(fc.constantFrom('2a', '2b', '2y'), fc.integer({ min: 4, max: 14 }), fc.stringMatching(/^[./A-Za-z0-9]{51}$/))
    .map(
      ([variant, cost, digits]) =>
        `$${variant}$${String(cost).padStart(2, '0')}$${digits.slice(0, 21)}u${digits.slice(21)}u`,
    ),
  ...[`$2x$10$${'u'.repeat(53)}`, `$2b$15$${'u'.repeat(53)}`, `$2b$10$${'u'.repeat(52)}`],
);
const secretRef = fc.record(
  { name: mostly(label, 'a.b', 'A', '.a'), key: mostly(fc.constantFrom('password', 'a.B_c-1'), 'a/b', '') },
  { requiredKeys: ['name'] },
);
const verifiers = { scrypt, argon2id, bcrypt, secretRef };
const password = exclusive(fc.record(verifiers, { requiredKeys: [] }), Object.keys(verifiers));
const notAfter = mostly(
  fc
    .date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  ...[
    '2027-01-31T12:00:00+02:00',
    '2027-01-31',
    '2027-02-30T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T00:00:60Z',
  ],
  ...[
    '2027-01-01t00:00:00z',
    '2027-01-01T00:00:00.123456789Z',
    '2027-01-01T00:00:00+24:00',
    '2027-13-01T00:00:00Z',
    'never',
  ],
  ...['2027-01-01T00:00:00+23:59', '2024-02-29T00:00:00Z', '2027-01-01T00:00:00+00:60', '0000-01-01T00:00:00Z'],
);
const credential = exclusive(fc.record({ ...verifiers, notAfter }, { requiredKeys: [] }), Object.keys(verifiers));
const user = fc.record(
  {
    password,
    credentials: lists(credential, 0),
    allow: lists(
      fc.record({ domains: lists(hostPattern), cidrs: lists(cidr), ports: lists(port) }, { requiredKeys: [] }),
      0,
    ),
    quota: fc.record({ connections: mostly(fc.integer({ min: 1, max: 1_000_000 }), 0, 1_000_001) }),
    onRevoke: mostly(fc.constantFrom('Keep', 'Disconnect'), 'Drop'),
  },
  { requiredKeys: [] },
);

const listener = fc.record(
  {
    bind: lists(bind),
    transport: mostly(fc.constant('TCP'), 'UDP'),
    detect: fc.record(
      { timeout: duration, protocols: lists(mostly(fc.constantFrom('TLS', 'SSH'), 'Unknown'), 0) },
      { requiredKeys: [] },
    ),
    noRoute: mostly(fc.constantFrom('Close', 'Reset'), 'Drop'),
    timeouts: fc.record(
      { connect: duration, connectTotal: duration, idle: duration, halfClosed: duration, drain: duration },
      { requiredKeys: [] },
    ),
    proxyProtocol: fc.record({ trust: lists(cidr, 0) }, { requiredKeys: [] }),
    limits: fc.record(
      { connections: mostly(fc.integer({ min: 1, max: 10_000_000 }), 0, 10_000_001) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['bind'] },
);

/** Now and then a key that nobody knows. */
function withUnknown(spec: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.tuple(spec, fc.nat(40)).map(([drawn, dice]) => (dice === 0 ? { ...drawn, colour: 'red' } : drawn));
}

export const specOf: Readonly<Record<Kind, fc.Arbitrary<object>>> = {
  ProxyRoute: withUnknown(route),
  ProxyUser: withUnknown(user),
  ProxyListener: withUnknown(listener),
};
