import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findShadowedRoutes } from '../../src/config/shadowed-routes.ts';
import { configOf } from './parse-text.ts';

/** Pairs `loser < winner` for routes named a, b, c… on listeners x and y. */
function shadows(...routes: readonly string[]): readonly string[] {
  const listeners = 'listeners: [{ name: x, bind: ["127.0.0.1:0"] }, { name: y, bind: ["127.0.0.1:0"] }]\n';
  const lines = routes.map((route, index) => `  - { name: ${nameOf(index)}, ${route}, action: Ban }\n`).join('');
  const config = configOf(`${listeners}routes:\n${lines}`);
  return findShadowedRoutes(config.routes, ['x', 'y']).map(({ route, by }) => `${nameOf(route)} < ${nameOf(by)}`);
}

function nameOf(index: number): string {
  return String.fromCharCode(97 + index);
}

test('the later of two routes with the same match loses', () => {
  assert.deepEqual(shadows('match: {}', 'match: {}'), ['b < a']);
  assert.deepEqual(shadows('match: { sni: [a.test] }', 'match: { sni: [A.test.] }', 'match: { sni: [a.test] }'), [
    'b < a',
    'c < a',
  ]);
  assert.deepEqual(shadows('match: { sni: [a.test] }', 'match: { protocol: TLS, sni: [a.test] }'), ['b < a']);
});

test('a match that differs anywhere is no shadow', () => {
  assert.deepEqual(
    shadows(
      'match: {}',
      'match: { protocol: TLS }',
      'match: { protocol: SSH }',
      'match: { sni: [a.test] }',
      'match: { sni: ["*.a.test"] }',
      'match: { sni: [a.test], alpn: [h2] }',
      'match: { alpn: [h2] }',
      'match: { sni: [a.test], sources: [10.0.0.0/8] }',
      'match: { sni: [a.test], sources: [10.0.0.0/9] }',
    ),
    [],
  );
});

test('a list is shadowed when each of its values is', () => {
  assert.deepEqual(
    shadows('match: { sni: [a.test, b.test] }', 'match: { sni: [b.test] }', 'match: { sni: [b.test, c.test] }'),
    ['b < a'],
  );
  assert.deepEqual(
    shadows('match: { sni: [a.test] }', 'match: { sni: [b.test] }', 'match: { sni: [b.test, a.test] }'),
    ['c < b'],
  );
});

test('a route that names listeners wins on them, before an older one that names none', () => {
  assert.deepEqual(shadows('match: {}', 'match: {}, listeners: [x]'), []);
  assert.deepEqual(shadows('match: {}', 'match: {}, listeners: [x, y]'), ['a < b']);
  assert.deepEqual(shadows('match: {}, listeners: [x]', 'match: {}, listeners: [y]', 'match: {}'), ['c < a']);
  assert.deepEqual(shadows('match: {}, listeners: [x]', 'match: {}, listeners: [x, y]', 'match: {}, listeners: [x]'), [
    'c < a',
  ]);
  assert.deepEqual(shadows('match: {}, listeners: [x]', 'match: {}'), []);
});

test('a hundred thousand equal routes take no longer than different ones', () => {
  const [route] = configOf('listeners: []\nroutes: [{ name: a, match: { sni: [a.test] }, action: Ban }]\n').routes;
  assert.ok(route !== undefined);
  const before = process.cpuUsage();
  const routes = Array.from({ length: 100_000 }, () => route);
  assert.equal(findShadowedRoutes(routes, ['x', 'y']).length, 99_999);
  const spent = process.cpuUsage(before);
  assert.ok(spent.user + spent.system < 3_000_000, `${spent.user + spent.system} µs`);
});
