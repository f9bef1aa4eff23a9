import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ResourceKind } from '@sluice/contract/config-key.ts';
import { readLiveResource } from '../../src/config/read-live-resource.ts';
import { configOf, errorsOf } from './parse-text.ts';
import { validConfig } from './valid-config.ts';

function reasonOf(kind: ResourceKind, spec: object, name = 'a'): string {
  const reading = readLiveResource(kind, name, spec);
  return reading.ok ? '' : reading.reason;
}

test('a live resource means what the same text means in the file', () => {
  const lists = { listeners: 'Listener', routes: 'Route', users: 'User' } as const;
  let count = 0;
  fc.assert(
    fc.property(validConfig, (data) => {
      const file = configOf(JSON.stringify(data).replaceAll('${', () => '$${'));
      for (const [list, kind] of Object.entries(lists) as [keyof typeof lists, ResourceKind][]) {
        for (const [index, resource] of (data[list] ?? []).entries()) {
          const { name, ...spec } = resource;
          const reading = readLiveResource(kind, name, JSON.parse(JSON.stringify(spec)) as object);
          assert.ok(reading.ok, reading.ok ? '' : reading.reason);
          assert.deepEqual(reading.resource.value, file[list][index]);
          count += 1;
        }
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(count > 300, `${count}`);
});

test('a Service or a Secret is never on the bus: it is refused with what to send', () => {
  const service = { name: 'web', port: 80 };
  assert.equal(
    reasonOf('Route', { to: { endpoints: [{ url: 'tcp://a:1', service }] } }),
    '/to/endpoints/0/service: "service" is for Kubernetes resources only (write url: tcp://host:port; only a ProxyRoute in Kubernetes names a Service)',
  );
  assert.match(
    reasonOf('User', { password: { secretRef: { name: 'x', key: 'password' } } }),
    /^\/password\/secretRef: "secretRef" is for Kubernetes resources only \(write a verifier, /,
  );
  assert.equal(reasonOf('Route', { to: { endpoints: [] } }), '');
});

test('what is wrong is said with a pointer, in the words of the file', () => {
  assert.equal(
    reasonOf('Route', { match: { sni: ['ok.test', '-x.'] }, action: 'Ban' }),
    `/match/sni/1: ${errorsOf('listeners: []\nroutes: [{ name: a, match: { sni: [ok.test, -x.] }, action: Ban }]\n')
      .join()
      .replace(/^.*?: routes\[0\]\.match\.sni\[1\]: /, '')}`,
  );
  assert.match(reasonOf('Listener', {}), /^bind is missing \(add bind: /);
  assert.match(
    reasonOf('Listener', { bind: ['127.0.0.1:0'], binds: [] }),
    /^\/binds: unknown key "binds" \(did you mean bind\?\)$/,
  );
  assert.match(reasonOf('Route', { action: 'Ban', match: null }), /^\/match: expected a map, found nothing/);
  assert.match(
    reasonOf('Route', { action: 'Ban', to: {} }),
    /^\/to: endpoints is missing .*; \/action: route "a" has both/,
  );
  assert.match(reasonOf('User', { credentials: [{}] }), /^\/credentials\/0: credentials\[0\] has none of/);
  assert.match(reasonOf('User', {}), /^user "a" has neither password nor credentials/);
  assert.match(reasonOf('User', { credentials: [] }, 'a:b'), /^\/name: "a:b" has a colon/);
  assert.match(reasonOf('User', { name: 'a', credentials: [] }), /^\/name: unknown key "name"/);
  assert.match(reasonOf('User', { credentials: [], 'a/b~': 1 }), /^\/a~1b~0: unknown key/);
});

test('text is text: no variable is expanded, no number or boolean is taken from it', () => {
  const reading = readLiveResource('User', '${HOME}', { credentials: [] });
  assert.ok(reading.ok && reading.resource.value.name === '${HOME}');
  assert.match(
    reasonOf('Listener', { bind: ['127.0.0.1:0'], limits: { connections: '5' } }),
    /expected a whole number/,
  );
  assert.match(reasonOf('Route', { action: 'Ban', halfClose: 'true' }), /expected true or false/);
});

test('garbage is refused with a bounded reason and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom('Listener', 'Route', 'User'), fc.string(), fc.object(), (kind, name, spec) => {
      const reading = readLiveResource(kind, name, spec);
      if (!reading.ok) assert.ok(reading.reason.length > 0 && reading.reason.length <= 1024);
    }),
    { numRuns: 2000 },
  );
  let deep: object = {};
  for (let level = 0; level < 10_000; level++) deep = { deep };
  assert.match(reasonOf('Route', deep), /nested too deep/);
});
