import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notesOf, withListener } from './parse-text.ts';

test('a file without oddities has no notes', () => {
  assert.deepEqual(
    notesOf(
      withListener('routes:\n  - { name: a, match: { protocol: SSH }, action: Ban }\n  - { name: b, action: Ban }\n'),
    ),
    [],
  );
});

test('a shadowed route is noted with who takes its place and why', () => {
  assert.deepEqual(notesOf(withListener('routes:\n  - { name: a, action: Ban }\n  - { name: b, action: Echo }\n')), [
    's.yaml:6:5: route "b" never matches: route "a" (line 5) has the same match and comes first (remove one of the two, or tell their matches apart)',
  ]);
  assert.deepEqual(
    notesOf(withListener('routes:\n  - { name: a, action: Ban }\n  - { name: b, listeners: [edge], action: Echo }\n')),
    [
      's.yaml:5:5: route "a" never matches: route "b" (line 6) has the same match and names its listeners (remove one of the two, or tell their matches apart)',
    ],
  );
});

test('a match that cannot hold is noted', () => {
  const text = `listeners:
  - { name: web, bind: ["127.0.0.1:0"], detect: { protocols: [TLS] } }
  - { name: raw, bind: ["127.0.0.1:0"], detect: { protocols: [] } }
routes:
  - { name: a, match: { protocol: SSH, sni: [a.test] }, action: Ban }
  - { name: b, match: { protocol: SSH }, action: Ban }
  - { name: c, listeners: [raw], match: { sni: [a.test] }, action: Ban }
  - { name: d, match: { sni: [a.test] }, action: Ban }
  - { name: e, listeners: [raw], match: { protocol: Unknown }, action: Ban }
`;
  const remedy = '(correct the match, or remove the route)';
  assert.deepEqual(notesOf(text), [
    `s.yaml:5:23: route "a" never matches: sni and alpn are of TLS, and the protocol asked for is SSH ${remedy}`,
    `s.yaml:6:23: route "b" never matches: no listener it serves looks for SSH ${remedy}`,
    `s.yaml:7:41: route "c" never matches: no listener it serves looks for TLS ${remedy}`,
  ]);
});

test('targets and deadlines that serve nobody are noted', () => {
  const text = withListener(`    timeouts: { connect: 20s }
routes:
  - { name: a, to: { endpoints: [{ url: "tcp://a:1", weight: 0 }] } }
  - { name: b, match: { protocol: HTTP }, action: ForwardProxy }
  - { name: c, match: { protocol: SOCKS5 }, action: ForwardProxy, forward: { anonymous: true } }
  - { name: d, match: { protocol: SSH }, to: { endpoints: [] } }
`);
  assert.deepEqual(notesOf(text), [
    's.yaml:4:15: listener "edge": connect is longer than connectTotal, which ends it first (lower connect or raise connectTotal)',
    's.yaml:6:20: route "a": every endpoint has weight 0, so none takes connections (raise a weight)',
    's.yaml:7:51: route "b" asks for credentials, and there are no users (add users, or forward: { anonymous: true })',
    's.yaml:9:46: route "d" has no endpoints: what it takes is refused (add an endpoint)',
  ]);
  assert.deepEqual(notesOf('listeners: []\n'), ['s.yaml:1:12: no listeners: nothing is served (add a listener)']);
});

test('live configuration may bring what the file leaves out, and is noted where it cannot work', () => {
  assert.deepEqual(notesOf('control: {}\nroutes: [{ name: a, action: ForwardProxy }]\n'), [
    's.yaml:1:10: control has no nats: sluice run refuses it (add nats: { servers: [...] })',
    's.yaml:1:10: control has no stateDirectory: without NATS a start has no configuration but the file (name a directory that outlives the process)',
  ]);
  const control = 'control: { nats: { servers: ["nats://a"] }, stateDirectory: /s, ranges: [Routing] }\n';
  assert.match(
    notesOf(`${control}routes: [{ name: a, action: ForwardProxy }]\n`).join(),
    /^[^\n]*there are no users [^\n]*$/,
  );
});
