import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpecProblems } from '../../src/resources/spec-problems.ts';

const said = (kind: Parameters<typeof findSpecProblems>[0], spec: unknown): readonly string[] =>
  findSpecProblems(kind, spec).map(({ path, message, remedy }) => `${path.join('.')}: ${message} (${remedy})`);

test('a spec with nothing wrong has no problem, with or without its defaults', () => {
  const service = { name: 'web', namespace: 'shop', portName: 'https' };
  const to = {
    endpoints: [
      { url: 'tcp://10.0.0.1:443', zones: ['eu-a'] },
      { service, weight: 3 },
    ],
  };
  assert.deepEqual(said('ProxyRoute', { match: { sni: ['*.example.com'] }, to }), []);
  assert.deepEqual(said('ProxyRoute', { to: { endpoints: [], balance: 'Random' } }), []);
  assert.deepEqual(said('ProxyUser', { password: { secretRef: { name: 'alice', key: 'password' } } }), []);
  assert.deepEqual(said('ProxyListener', { bind: ['0.0.0.0:443', '[::]:443', '127.0.0.1:0', '127.0.0.1:0'] }), []);
});

test('a text that no schema can judge is judged by its format, and not repeated', () => {
  const scrypt = '$scrypt$ln=17,r=32,p=16$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';
  assert.deepEqual(said('ProxyUser', { password: { scrypt } }), [
    'password.scrypt: needs more than 128 MiB for one check (lower ln or r)',
  ]);
  assert.deepEqual(said('ProxyRoute', { match: { sources: ['10.1.2.3/8'] }, action: 'Ban' }), [
    'match.sources.0: has bits set beyond its prefix (write 10.0.0.0/8 for the network or 10.1.2.3/32 for the one address)',
  ]);
});

test('rules between the fields are those of the file, and those of Services and Secrets', () => {
  assert.deepEqual(said('ProxyRoute', { to: { endpoints: [] }, action: 'Ban', forward: {} }), [
    'action: has both to and action (keep the one that is meant: they exclude each other)',
    'forward: has forward without action ForwardProxy (remove forward, or write action: ForwardProxy)',
  ]);
  const service = { name: 'web' };
  assert.deepEqual(said('ProxyRoute', { to: { endpoints: [{ url: 'tcp://a:1', service, zones: ['a'] }, {}] } }), [
    'to.endpoints.0: has both url and service (keep the one that is meant: they exclude each other)',
    'to.endpoints.0.zones: has zones beside service (remove zones: those of a Service come from its EndpointSlices)',
    'to.endpoints.0.service: has neither port nor portName (add port: 443, or portName)',
    'to.endpoints.1: has neither url nor service (add url: tcp://host:port, or service with name and port)',
  ]);
  assert.deepEqual(said('ProxyUser', { password: { secretRef: { name: 'a' }, bcrypt: `$2b$10$${'u'.repeat(53)}` } }), [
    'password: has bcrypt and secretRef (give exactly one)',
  ]);
  assert.deepEqual(said('ProxyUser', { credentials: [{}] }), [
    'credentials.0: has none of scrypt, argon2id, bcrypt and secretRef (give exactly one)',
  ]);
  assert.deepEqual(said('ProxyListener', { bind: ['[::1]:443', '[0::1]:443'] }), [
    'bind.1: binds [::1]:443 twice (give each address once)',
  ]);
});

test('whatever stands in a field is an answer, never an error; 16 problems are enough', () => {
  for (const kind of ['ProxyRoute', 'ProxyUser', 'ProxyListener'] as const)
    for (const spec of [null, 1, 'text', [], { bind: null, match: [], to: 3, password: '', colour: {} }])
      assert.ok(findSpecProblems(kind, spec).length > 0, `${kind} ${JSON.stringify(spec)}`);
  assert.equal(findSpecProblems('ProxyRoute', { match: { sni: Array(1024).fill('-') }, action: 'Ban' }).length, 16);
  assert.deepEqual(said('ProxyRoute', { action: 'Ban', halfClose: 'no', listeners: [] }), [
    'halfClose: is not true or false (write true or false)',
    'listeners: is an empty list (add an item, or remove the field)',
  ]);
});
