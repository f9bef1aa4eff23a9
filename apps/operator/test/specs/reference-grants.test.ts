import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isGranted } from '../../src/specs/reference-grants.ts';

const service = { namespace: 'b', name: 'shop' };
const from = { group: 'sluice.dev', kind: 'ProxyRoute', namespace: 'a' };
const to = { group: '', kind: 'Service' };

function granted(fromPart: object, toPart: object): boolean {
  const grant = { metadata: { name: 'g' }, spec: { from: [{ ...from, ...fromPart }], to: [{ ...to, ...toPart }] } };
  return isGranted('a', service, [grant]);
}

describe('a Service of another namespace', () => {
  it('may be named by the routes of a namespace that its own grants it to', () => {
    assert.equal(granted({}, {}), true);
    assert.equal(granted({}, { name: 'shop' }), true);
    assert.equal(isGranted('b', service, []), true);
  });

  it('may not for any other grant, nor for none', () => {
    assert.equal(isGranted('a', service, []), false);
    assert.equal(isGranted('a', service, [{ metadata: { name: 'g' } }]), false);
    assert.equal(granted({ namespace: 'c' }, {}), false);
    assert.equal(granted({ kind: 'HTTPRoute' }, {}), false);
    assert.equal(granted({ group: 'gateway.networking.k8s.io' }, {}), false);
    assert.equal(granted({}, { name: 'other' }), false);
    assert.equal(granted({}, { kind: 'Secret' }), false);
    assert.equal(granted({}, { group: 'sluice.dev' }), false);
  });
});
