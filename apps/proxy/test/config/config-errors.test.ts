import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laterKeyword } from '@sluice/contract/schema-keywords.ts';
import { sluiceConfigSchema } from '@sluice/contract/sluice-config.ts';
import { errorsOf, routeText, withListener } from './parse-text.ts';

function assertErrors(text: string, expected: readonly string[]): void {
  assert.deepEqual(errorsOf(text), expected);
}

test('an unknown key is an error at the key that names the nearest known one', () => {
  assertErrors(withListener('    noRuote: Close\nroutess: []\n'), [
    's.yaml:4:5: listeners[0]: unknown key "noRuote" (did you mean noRoute?)',
    's.yaml:5:1: unknown key "routess" (did you mean routes?)',
  ]);
  assertErrors(routeText('{ name: a, action: Ban, colour: red }'), [
    's.yaml:5:29: routes[0]: unknown key "colour" (known here: name, listeners, match, to, action, forward, halfClose)',
  ]);
});

test('keys that every JavaScript object has are unknown too', () => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.match(errorsOf(withListener(`${key}: {}\n`)).join(), new RegExp(`unknown key "${key}"`));
    assert.match(errorsOf(routeText(`{ name: a, action: ${key} }`)).join(), new RegExp(`unknown value "${key}"`));
    assert.match(
      errorsOf(routeText(`{ name: a, action: "\${${key}}" }`)).join(),
      new RegExp(`variable ${key} is not set`),
    );
  }
});

test('a wrong type says what was expected and what was found', () => {
  assertErrors(
    `listeners: { name: edge }
routes:
  - just text
  - { name: [a], match: 3, to: yes, halfClose: 1 }
  - { name: b, halfClose: "true", to: { endpoints: [{ url: "tcp://a:1", weight: "2" }, { url: "tcp://a:1", weight: lots }] } }
  -
users: ~
`,
    [
      's.yaml:1:12: listeners: expected a list, found a map (write a list here)',
      's.yaml:3:5: routes[0]: expected a map, found the text "just text" (write a map here)',
      's.yaml:4:13: routes[1].name: expected text, found a list (write text here)',
      's.yaml:4:25: routes[1].match: expected a map, found the number 3 (write a map here)',
      's.yaml:4:32: routes[1].to: expected a map, found the text "yes" (write a map here)',
      's.yaml:4:48: routes[1].halfClose: expected true or false, found the number 1 (write true or false)',
      's.yaml:5:27: routes[2].halfClose: expected true or false, found the text "true" (remove the quotes)',
      's.yaml:5:81: routes[2].to.endpoints[0].weight: expected a whole number from 0 to 1000, found the text "2" (remove the quotes)',
      's.yaml:5:116: routes[2].to.endpoints[1].weight: expected a whole number from 0 to 1000, found the text "lots" (write a whole number from 0 to 1000)',
      's.yaml:6:4: routes[3]: expected a map, found nothing (write a value, or remove the key)',
      's.yaml:7:8: users: expected a list, found nothing (write a value, or remove the key)',
    ],
  );
});

test('a missing key is an error where its map begins', () => {
  assertErrors('listeners:\n  - bind: ["127.0.0.1:0"]\nusers:\n  - name: a\n', [
    's.yaml:2:5: listeners[0]: name is missing (add name: names the listener in routes, logs and metrics; unique among listeners)',
    's.yaml:4:5: user "a" has neither password nor credentials (add password with a verifier; credentials: [] lets nobody in)',
  ]);
  assertErrors('admin: {}\n', [
    's.yaml:1:1: listeners is missing (add listeners: the open ports; or control, which brings them live)',
  ]);
});

test('a user has one verifier in each place, and a key for each algorithm', () => {
  const argon2id = '$argon2id$v=19$m=19456,t=2,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';
  assertErrors(
    withListener(`users:
  - { name: a, password: {} }
  - { name: b, credentials: [{ argon2id: "${argon2id}" }, { notAfter: 2027-01-31 }] }
  - { name: c, password: { scrypt: "${argon2id}", argon2id: "${argon2id}" } }
  - { name: d, credentials: [], quota: { connections: 0 }, onRevoke: disconnect }
`),
    [
      's.yaml:5:26: users[0].password has none of scrypt, argon2id and bcrypt (give exactly one verifier)',
      's.yaml:6:142: users[1].credentials[1] has none of scrypt, argon2id and bcrypt (give exactly one verifier)',
      's.yaml:6:154: users[1].credentials[1].notAfter: the value is not an RFC 3339 time (write e.g. 2027-01-31T12:00:00Z)',
      's.yaml:7:26: users[2].password has scrypt and argon2id (give exactly one verifier)',
      's.yaml:7:36: users[2].password.scrypt: the value is a verifier of argon2id (write it as argon2id: in place of scrypt:)',
      's.yaml:8:55: users[3].quota.connections: expected a whole number from 1 to 1000000, found 0 (use a whole number from 1 to 1000000)',
      's.yaml:8:70: users[3].onRevoke: unknown value "disconnect" (did you mean Disconnect? allowed: Keep, Disconnect)',
    ],
  );
});

test('control may stand in for listeners, and its files exclude or need each other', () => {
  assertErrors('control: {}\nroutes: [{ name: a, listeners: [live], action: Ban }]\n', []);
  assertErrors('control: { ranges: [Users] }\nlisteners: []\nroutes: [{ name: a, listeners: [live], action: Ban }]\n', [
    's.yaml:3:33: routes[0].listeners[0]: no listener is called "live" (there are none)',
  ]);
  assertErrors(
    `control:
  nats: { servers: ["nats://a@b", "http://c"], credentialsFile: /a, nkeySeedFile: /b, tls: { certFile: /c } }
  ranges: []
`,
    [
      's.yaml:2:9: control.nats has both credentialsFile and nkeySeedFile (keep the one that is meant: they exclude each other)',
      's.yaml:2:21: control.nats.servers[0]: "nats://a@b" has a user in it (name credentialsFile or nkeySeedFile instead)',
      's.yaml:2:35: control.nats.servers[1]: "http://c" is not the URL of a NATS server (write nats://host:4222 or tls://host:4222)',
      's.yaml:2:92: control.nats.tls has one of certFile and keyFile (a client certificate needs both)',
      's.yaml:3:11: control.ranges: is an empty list (add an item, or remove the key)',
    ],
  );
});

test('an unknown enumeration value lists the allowed ones and the nearest', () => {
  assertErrors(routeText('{ name: a, match: { protocol: tls }, action: Explode }'), [
    's.yaml:5:35: routes[0].match.protocol: unknown value "tls" (did you mean TLS? allowed: TLS, SSH, HTTP, HTTP2, SOCKS4, SOCKS5, Unknown)',
    's.yaml:5:50: routes[0].action: unknown value "Explode" (use one of Ban, Echo, Health, ForwardProxy)',
  ]);
});

test('bounds of lists, numbers and texts are enforced', () => {
  assertErrors(routeText('{ name: a, match: { sni: [] }, to: { endpoints: [{ url: "tcp://a:1", weight: 1001 }] } }'), [
    's.yaml:5:30: routes[0].match.sni: is an empty list (add an item, or remove the key)',
    's.yaml:5:82: routes[0].to.endpoints[0].weight: expected a whole number from 0 to 1000, found 1001 (use a whole number from 0 to 1000)',
  ]);
  const ids = Array.from({ length: 33 }, (_, index) => `a${index}`).join(', ');
  assertErrors(routeText(`{ name: ${'n'.repeat(254)}, match: { alpn: [${ids}] }, action: Ban }`), [
    's.yaml:5:13: routes[0].name: has 254 characters (use at most 253)',
    's.yaml:5:284: routes[0].match.alpn: has 33 items (use at most 32)',
  ]);
  assertErrors(routeText('{ name: "", action: Ban }'), ['s.yaml:5:13: routes[0].name: is empty (write a value)']);
});

test('to and action exclude each other, and one is needed', () => {
  assertErrors(
    withListener(`routes:
  - { name: both, to: { endpoints: [{ url: "tcp://a:1" }] }, action: Ban }
  - { name: none }
  - { name: lost, forward: {}, action: Echo }
  - { name: broken, to: 5 }
`),
    [
      's.yaml:5:62: route "both" has both to and action (keep the one that is meant: they exclude each other)',
      's.yaml:6:5: route "none" has neither to nor action (add to with endpoints, or action: Ban, Echo, Health or ForwardProxy)',
      's.yaml:7:19: route "lost" has forward without action ForwardProxy (remove forward, or write action: ForwardProxy)',
      's.yaml:8:25: routes[3].to: expected a map, found the number 5 (write a map here)',
    ],
  );
});

test('names are unique of their kind, and an error names the first', () => {
  const verifier = '$scrypt$ln=15,r=8,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';
  assertErrors(
    `listeners:
  - { name: a, bind: ["127.0.0.1:0"] }
  - { name: a, bind: ["127.0.0.1:0"] }
routes:
  - { name: a, action: Ban }
  - { name: a, match: { protocol: SSH }, action: Ban }
users:
  - { name: a, password: { scrypt: "${verifier}" } }
  - { name: a, password: { scrypt: "${verifier}" } }
`,
    [
      's.yaml:3:13: listeners[1].name: "a" is the name of listeners[0] in line 2 too (give each its own name)',
      's.yaml:6:13: routes[1].name: "a" is the name of routes[0] in line 5 too (give each its own name)',
      's.yaml:9:13: users[1].name: "a" is the name of users[0] in line 8 too (give each its own name)',
    ],
  );
});

test('an address is bound once, however it is written, and both owners are named', () => {
  assertErrors(
    `admin: { bind: "127.0.0.1:80" }
listeners:
  - { name: a, bind: ["[::1]:80", "127.0.0.1:80", "127.0.0.1:0", "127.0.0.1:0"] }
  - { name: b, bind: ["[0:0::1]:80", "0.0.0.0:80", "[::]:80"] }
`,
    [
      's.yaml:1:16: the admin listener binds 127.0.0.1:80, which listener "a" binds in line 3 (give each address to one listener, once)',
      's.yaml:4:23: listener "b" binds [::1]:80, which listener "a" binds in line 3 (give each address to one listener, once)',
    ],
  );
  assertErrors(
    'admin: { enabled: false, bind: "127.0.0.1:80" }\nlisteners: [{ name: a, bind: ["127.0.0.1:80"] }]\n',
    [],
  );
});

test('a route names listeners that exist', () => {
  assertErrors(routeText('{ name: a, listeners: [egde, far], action: Ban }'), [
    's.yaml:5:28: routes[0].listeners[0]: no listener is called "egde" (did you mean edge?)',
    's.yaml:5:34: routes[0].listeners[1]: no listener is called "far" (there are: edge)',
  ]);
});

test('no limit is allowed for idle only', () => {
  const timeouts = ['connect', 'connectTotal', 'halfClosed', 'drain'];
  for (const key of timeouts) {
    const [error, ...rest] = errorsOf(withListener(`    timeouts: { ${key}: 0s }\n`));
    assert.equal(
      error,
      `s.yaml:4:${19 + key.length}: listeners[0].timeouts.${key}: "0s" must be longer than 0s (only \`idle\` may be 0s, which means no limit)`,
    );
    assert.deepEqual(rest, []);
  }
  assert.match(errorsOf(withListener('    detect: { timeout: 0ms }\n')).join(), /must be longer than 0s/);
  assertErrors(withListener('    timeouts: { idle: 0s }\n'), []);
});

test('a password in clear is refused without being repeated', () => {
  const clear = [
    'hunter2',
    '{ scrypt: hunter2 }',
    '{ scrypt: [hunter2] }',
    '[hunter2]',
    '{ scrypt: { hunter2: 1 } }',
    '7777777',
    '{ scrypt: "hunter2" "hunter2" }',
  ];
  for (const password of clear) {
    const said = errorsOf(withListener(`users:\n  - { name: a, password: ${password} }\n`)).join('\n');
    assert.match(said, /^s\.yaml:5:/, password);
    assert.doesNotMatch(said, /hunter2|7777777/, password);
  }
});

test('all errors are reported, by position, and a hundred at most', () => {
  const broken = Array.from({ length: 150 }, (_, index) => `  - { name: r${index}, action: Explode }\n`).join('');
  const errors = errorsOf(withListener(`routes:\n${broken}`));
  assert.equal(errors.length, 100);
  assert.equal(
    errors[0],
    's.yaml:5:25: routes[0].action: unknown value "Explode" (use one of Ban, Echo, Health, ForwardProxy)',
  );
  assert.match(errors[99] ?? '', /^s\.yaml:104:26: .*ForwardProxy; 50 more errors not shown\)$/);
});

test('a hundred errors of a hundred thousand are the first in the file, and cost little', () => {
  const broken = Array.from({ length: 100_000 }, () => '  - { name: a, action: b }\n').join('');
  const errors = errorsOf(withListener(`routes:\n${broken}`));
  assert.equal(errors.length, 100);
  assert.match(errors[1] ?? '', /^s\.yaml:6:13: routes\[1\]\.name: "a" is the name of routes\[0\]/);
  // An unknown action each, and each but the first has another's name.
  assert.match(errors[99] ?? '', /; 199899 more errors not shown\)$/);
});

interface Words {
  readonly properties?: Readonly<Record<string, Words>>;
  readonly items?: Words;
  readonly enum?: readonly string[];
  readonly type?: string;
  readonly [laterKeyword]?: Readonly<Record<string, string>>;
}

/** A file that holds `content` at a place of the schema, and nothing else that matters. */
function fileWith(path: readonly string[], content: string): string {
  return path.reduceRight((inner, step) => (step === '[]' ? `[${inner}]` : `{${step}: ${inner}}`), content);
}

function laterCases(schema: Words, path: readonly string[]): readonly (readonly [string, string])[] {
  const names = Object.keys(schema[laterKeyword] ?? {});
  const own = names.map((name) => [name, fileWith(path, schema.enum === undefined ? `{${name}: 1}` : name)] as const);
  const fields = Object.entries(schema.properties ?? {}).flatMap(([key, field]) => laterCases(field, [...path, key]));
  return [...own, ...fields, ...(schema.items === undefined ? [] : laterCases(schema.items, [...path, '[]']))];
}

test('what a later version will support is refused by name, in every place', () => {
  const cases = laterCases(sluiceConfigSchema, []);
  assert.ok(cases.length > 100, `${cases.length} names`);
  for (const [name, text] of cases) {
    const said = errorsOf(text).join('\n');
    assert.match(said, new RegExp(`"${name}" is not supported yet: .* \\((use one of|remove the key)`), text);
  }
  for (const name of [
    'UDP',
    'QUIC',
    'WireGuard',
    'Kafka',
    'Maglev',
    'SourceIP',
    'Redirect',
    'token',
    'tls',
    'notBefore',
    'bandwidth',
    'send',
  ]) {
    assert.ok(
      cases.some(([later]) => later === name),
      name,
    );
  }
});

test('what only a resource in Kubernetes has is refused by name, with what to write here', () => {
  const verifier = 'write a verifier, as sluice hash-password prints it; only a ProxyUser in Kubernetes names a Secret';
  const url = 'write url: tcp://host:port; only a ProxyRoute in Kubernetes names a Service';
  assertErrors(routeText('{ name: a, to: { endpoints: [{ service: { name: web, port: 80 } }] } }'), [
    's.yaml:5:34: routes[0].to.endpoints[0]: url is missing (add url: `tcp://host:port` (either address family), `tcp4://`, `tcp6://` or `unix:///path`)',
    `s.yaml:5:36: routes[0].to.endpoints[0]: "service" is for Kubernetes resources only (${url})`,
  ]);
  assertErrors(routeText('{ name: a, to: { service: web, endpoints: [{ url: "tcp://a:1" }] } }'), [
    `s.yaml:5:22: routes[0].to: "service" is for Kubernetes resources only (${url}, in its endpoints)`,
  ]);
  assertErrors(
    withListener('users: [{ name: a, password: { secretRef: { name: x } }, credentials: [{ valueFrom: 1 }] }]\n'),
    [
      's.yaml:4:30: users[0].password has none of scrypt, argon2id and bcrypt (give exactly one verifier)',
      `s.yaml:4:32: users[0].password: "secretRef" is for Kubernetes resources only (${verifier})`,
      's.yaml:4:72: users[0].credentials[0] has none of scrypt, argon2id and bcrypt (give exactly one verifier)',
      `s.yaml:4:74: users[0].credentials[0]: "valueFrom" is for Kubernetes resources only (${verifier})`,
    ],
  );
});

test('an error is one line, whatever the text in it', () => {
  const said = errorsOf(withListener('"a\\nb\\u2028\\u202e\\u0085\\e[2J": 1\n'));
  assert.deepEqual(said, [
    's.yaml:4:1: unknown key "a\\nb\\u2028\\u202e\\u0085\\u001b[2J" (known here: admin, log, datapath, control, zone, listeners, routes, users)',
  ]);
});
