/** Arbitrary valid configurations, as plain data in the schema's words: what a person could write, not what is printed. */
import * as fc from 'fast-check';

const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?$/);
const duration = fc
  .tuple(fc.integer({ min: 1, max: 99_999 }), fc.constantFrom('ms', 's', 'm'))
  .map(([count, unit]) => `${count % 30_000 || 1}${unit}`);
const cidr = fc.oneof(
  fc.ipV4().map((host) => `${host}/32`),
  fc
    .ipV6()
    .filter((host) => !/^(0*:)*:?ffff:/i.test(host))
    .map((host) => `${host}/128`),
  fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '::/0', '2001:DB8::/32'),
);
const hostName = fc.domain().filter((text) => text.length < 200);
const hostPattern = fc.oneof(
  hostName,
  hostName.map((text) => `*.${text}`),
  hostName.map((text) => `${text.toUpperCase()}.`),
);
const port = fc.integer({ min: 1, max: 65_535 });
const unixPath = fc.stringMatching(/^\/[ -~]{0,30}[!-.0-~]$/);
const protocol = fc.constantFrom('TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5');

function lists<Item>(item: fc.Arbitrary<Item>, least = 1): fc.Arbitrary<Item[]> {
  return fc.array(item, { minLength: least, maxLength: 3 });
}

const endpoint = fc.record(
  {
    url: fc.oneof(
      fc
        .tuple(fc.constantFrom('tcp', 'tcp4'), fc.oneof(fc.ipV4(), hostName), port)
        .map(([scheme, host, at]) => `${scheme}://${host}:${at}`),
      fc
        .tuple(fc.constantFrom('tcp', 'tcp6'), fc.ipV6(), port)
        .map(([scheme, host, at]) => `${scheme}://[${host}]:${at}`),
      unixPath.map((path) => `unix://${path}`),
    ),
    weight: fc.integer({ min: 0, max: 1000 }),
    tcpFastOpen: fc.boolean(),
    zones: lists(fc.constantFrom('eu-a', 'eu-b', 'Zone_1.x')),
  },
  { requiredKeys: ['url'] },
);

const match = fc.record(
  {
    protocol: fc.oneof(protocol, fc.constant('Unknown')),
    sni: lists(hostPattern),
    alpn: lists(fc.stringMatching(/^[!-~]{1,8}$/)),
    sources: lists(cidr),
  },
  { requiredKeys: [] },
);

const target = fc.oneof(
  fc.record({
    to: fc.record(
      { endpoints: lists(endpoint, 0), balance: fc.constantFrom('RoundRobin', 'Random', 'LeastConnections') },
      { requiredKeys: ['endpoints'] },
    ),
  }),
  fc.record({ action: fc.constantFrom('Ban', 'Echo', 'Health', 'ForwardProxy') }),
  fc.record({
    action: fc.constant('ForwardProxy'),
    forward: fc.record({ anonymous: fc.boolean() }, { requiredKeys: [] }),
  }),
);

const listener = fc.record(
  {
    bind: lists(
      fc.oneof(
        fc.ipV4().map((host) => `${host}:0`),
        fc.constantFrom('[::1]:0', '[0:0::1]:0'),
      ),
    ),
    transport: fc.constant('TCP'),
    detect: fc.record({ timeout: duration, protocols: lists(protocol, 0) }, { requiredKeys: [] }),
    noRoute: fc.constantFrom('Close', 'Reset'),
    timeouts: fc.record(
      {
        connect: duration,
        connectTotal: duration,
        idle: fc.oneof(duration, fc.constant('0s')),
        halfClosed: duration,
        drain: duration,
      },
      { requiredKeys: [] },
    ),
    proxyProtocol: fc.record({ trust: lists(cidr, 0) }, { requiredKeys: [] }),
    limits: fc.record({ connections: fc.integer({ min: 1, max: 10_000_000 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['bind'] },
);

const scrypt = fc
  .tuple(
    fc.integer({ min: 10, max: 17 }),
    fc.uint8Array({ minLength: 8, maxLength: 64 }),
    fc.uint8Array({ minLength: 16, maxLength: 64 }),
  )
  .map(
    ([ln, ...parts]) =>
      `$scrypt$ln=${ln},r=8,p=1$${parts.map((part) => Buffer.from(part).toString('base64').replaceAll('=', '')).join('$')}`,
  );

const argon2id = fc
  .tuple(
    fc.integer({ min: 64, max: 99_999 }),
    fc.uint8Array({ minLength: 8, maxLength: 64 }),
    fc.uint8Array({ minLength: 16, maxLength: 64 }),
  )
  .map(
    ([memory, ...parts]) =>
      `$argon2id$v=19$m=${memory},t=2,p=1$${parts.map((part) => Buffer.from(part).toString('base64').replaceAll('=', '')).join('$')}`,
  );

const bcrypt = fc
  .tuple(fc.constantFrom('2a', '2b', '2y'), fc.integer({ min: 10, max: 14 }), fc.stringMatching(/^[./A-Za-z0-9]{51}$/))
  .map(([variant, cost, digits]) => `$${variant}$${cost}$${digits.slice(0, 21)}u${digits.slice(21)}u`);

const verifier = fc.oneof(fc.record({ scrypt }), fc.record({ argon2id }), fc.record({ bcrypt }));
const credential = fc
  .tuple(
    verifier,
    fc.option(fc.date({ min: new Date('2000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })),
  )
  .map(([given, end]) => (end === null ? given : { ...given, notAfter: end.toISOString() }));

const userRest = fc.record(
  {
    allow: lists(
      fc.record({ domains: lists(hostPattern), cidrs: lists(cidr), ports: lists(port) }, { requiredKeys: [] }),
      0,
    ),
    quota: fc.record({ connections: fc.integer({ min: 1, max: 1_000_000 }) }),
    onRevoke: fc.constantFrom('Keep', 'Disconnect'),
  },
  { requiredKeys: [] },
);
const logins = fc.oneof(
  fc.record({ password: verifier }),
  fc.record({ credentials: lists(credential, 0) }),
  fc.record({ password: verifier, credentials: lists(credential, 0) }),
);
const user = fc.tuple(logins, userRest).map(([login, rest]) => ({ ...login, ...rest }));

const userName = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '$', '{', '}', '"', "'", '#', 'é', '😀', '~', '-', '[', '%'),
  minLength: 1,
  maxLength: 12,
});

function named<Item extends object>(
  names: fc.Arbitrary<string>,
  item: fc.Arbitrary<Item>,
): fc.Arbitrary<(Item & { name: string })[]> {
  return fc
    .uniqueArray(fc.tuple(names, item), { maxLength: 3, selector: ([text]) => text })
    .map((pairs) => pairs.map(([text, rest]) => ({ name: text, ...rest })));
}

const path = fc.stringMatching(/^\/[a-z./]{1,20}$/);
const control = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9_-]{1,10}$/),
    nats: fc
      .tuple(
        fc.record(
          {
            servers: lists(
              fc
                .tuple(fc.constantFrom('nats', 'tls'), hostName, port)
                .map((parts) => `${parts[0]}://${parts[1]}:${parts[2]}`),
            ),
            inbox: fc.constantFrom('proxies', 'edge-1'),
            tls: fc.oneof(fc.record({ caFile: path }), fc.record({ certFile: path, keyFile: path })),
          },
          { requiredKeys: ['servers'] },
        ),
        fc.oneof(fc.constant({}), fc.record({ credentialsFile: path }), fc.record({ nkeySeedFile: path })),
      )
      .map(([nats, auth]) => ({ ...nats, ...auth })),
    ranges: fc.constantFrom(['Users'], ['Routing'], ['Routing', 'Users']),
    stateDirectory: path,
    ackKeyFile: path,
    startTimeout: duration,
  },
  { requiredKeys: [] },
);

const withoutReferences = fc.record(
  {
    control,
    zone: fc.constantFrom('eu-a', 'no', ''),
    admin: fc.record(
      { enabled: fc.boolean(), bind: fc.constantFrom('127.0.0.1:0', '[::1]:9900') },
      { requiredKeys: [] },
    ),
    log: fc.record(
      { level: fc.constantFrom('Debug', 'Info', 'Warn', 'Error'), access: fc.boolean() },
      { requiredKeys: [] },
    ),
    datapath: fc.record(
      {
        mode: fc.constantFrom('Auto', 'InLoop', 'Workers', 'Handoff'),
        workers: fc.integer({ min: 0, max: 63 }),
        splice: fc.boolean(),
        receiveLowWater: fc.boolean(),
        packetDiet: fc.record(
          { delayedAck: fc.boolean(), coalesceFin: fc.boolean(), optimisticSend: fc.boolean() },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
    listeners: named(name, listener),
    routes: named(
      name,
      fc
        .tuple(fc.record({ match, halfClose: fc.boolean() }, { requiredKeys: [] }), target)
        .map(([rest, to]) => ({ ...rest, ...to })),
    ),
    users: named(userName, user),
  },
  { requiredKeys: ['listeners'] },
);

/** Valid by construction; some routes name listeners. */
export const validConfig = fc.tuple(withoutReferences, fc.nat()).map(([config, seed]) => ({
  ...config,
  ...(config.routes === undefined
    ? {}
    : { routes: config.routes.map((route, index) => withListeners(route, config.listeners, seed + index)) }),
}));

function withListeners<Route extends object>(
  route: Route,
  listeners: readonly { readonly name: string }[],
  seed: number,
): Route & { listeners?: string[] } {
  const listener = listeners[seed % 5];
  return listener === undefined ? route : { ...route, listeners: [listener.name] };
}
