/**
 * Which route takes a connection that several match, and which names count as names.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { runSluiceOn } from '@sluice/testkit/run-sluice.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
// oxlint-disable-next-line no-restricted-imports -- the same hellos prove the parser and the program
import {
  buildClientHello as buildAnyHello,
  serverName,
  toRecords,
} from '../../apps/proxy/test/detect/client-hello-builder.ts';

/** From the weakest to the strongest, so that neither order nor luck can pass for precedence. */
const ladder: readonly (readonly [string, string])[] = [
  ['all', ''],
  ['protocol', 'protocol: TLS'],
  ['alpn', 'alpn: [h2]'],
  ['wide', 'sni: ["*.example.com"]'],
  ['wide-alpn', 'sni: ["*.example.com"], alpn: [h2]'],
  ['narrow', 'sni: ["*.shop.example.com"]'],
  ['narrow-alpn', 'sni: ["*.shop.example.com"], alpn: [h2]'],
  ['exact', 'sni: ["a.shop.example.com"]'],
  ['exact-alpn', 'sni: ["a.shop.example.com"], alpn: [h2]'],
];

async function startLadder(t: TestContext): Promise<SluiceProcess> {
  const routes = await Promise.all(
    ladder.map(async ([name, match]) => routeTo(name, [(await startNamedOrigin(t, name)).url], { match })),
  );
  return await startSluice(t, { config: buildConfig({ routes }) });
}

async function reach(t: TestContext, edge: Address, hello: Buffer): Promise<string> {
  const client = await connectTcp(t, edge);
  client.send(hello);
  const name = (await client.receiveThrough('\n')).trim();
  client.socket.destroy();
  return name;
}

test('the stronger match wins, whatever the order in the file', async (t) => {
  const edge = (await startLadder(t)).address('edge');
  const cases: readonly (readonly [string | undefined, readonly string[] | undefined, string])[] = [
    ['a.shop.example.com', ['h2'], 'exact-alpn'],
    ['a.shop.example.com', ['http/1.1'], 'exact'],
    ['a.shop.example.com', undefined, 'exact'],
    ['A.Shop.EXAMPLE.com', ['x', 'h2'], 'exact-alpn'],
    ['b.shop.example.com', ['h2'], 'narrow-alpn'],
    ['b.shop.example.com', undefined, 'narrow'],
    ['x.y.shop.example.com', undefined, 'narrow'],
    ['shop.example.com', ['h2'], 'wide-alpn'],
    ['shop.example.com', undefined, 'wide'],
    ['example.com', ['h2'], 'alpn'],
    ['example.com', undefined, 'protocol'],
    ['notexample.com', undefined, 'protocol'],
    [undefined, ['h2'], 'alpn'],
    [undefined, undefined, 'protocol'],
  ];
  for (const [name, alpn, expected] of cases) {
    const hello = buildClientHello({
      ...(name === undefined ? {} : { serverName: name }),
      ...(alpn === undefined ? {} : { alpn }),
    });
    assert.equal(await reach(t, edge, hello), expected, `${name ?? 'no name'} ${alpn?.join() ?? 'no ALPN'}`);
  }
  const client = await connectTcp(t, edge);
  client.send('SSH-2.0-x\r\n');
  assert.equal(await client.receiveThrough('\n'), 'all\n');
});

test('what is no host name is no name: TLS without one', async (t) => {
  const sluice = await startLadder(t);
  const hello = (...names: readonly (string | Buffer)[]): Buffer =>
    toRecords(buildAnyHello({ extensions: [serverName(...names)] }));
  const exact = 'a.shop.example.com';
  for (const [what, bytes] of [
    ['empty', hello('')],
    ['an IPv4 literal', hello('127.0.0.1')],
    ['an IPv6 literal', hello('::1')],
    ['not a host name', hello('a b.shop.example.com')],
    ['a zero byte inside', hello('a.shop.example.com\0.evil.test')],
    ['given twice', hello(exact, exact)],
  ] as const) {
    const client = await connectTcp(t, sluice.address('edge'));
    client.send(bytes);
    assert.equal(await client.receiveThrough('\n'), 'protocol\n', what);
    client.finish();
    const line = await findAccessLine(sluice, client.localAddress);
    assert.deepEqual([line.protocol, line.sni], ['TLS', null], what);
  }
});

test('a trailing dot is ignored, in the hello and in the route', async (t) => {
  const [dotted, rest] = [await startNamedOrigin(t, 'dotted'), await startNamedOrigin(t, 'rest')];
  const routes = [routeTo('dotted', [dotted.url], { match: 'sni: ["a.test."]' }), routeTo('rest', [rest.url])];
  const edge = (await startSluice(t, { config: buildConfig({ routes }) })).address('edge');
  for (const name of ['a.test', 'a.test.']) {
    assert.equal(await reach(t, edge, buildClientHello({ serverName: name })), 'dotted');
  }
});

test('between equals: the longer source, then the route that names listeners, then the earlier', async (t) => {
  const names = ['first', 'second', 'listener', 'source'];
  const origins = await Promise.all(names.map((name) => startNamedOrigin(t, name)));
  const url = (name: string): readonly string[] => [origins[names.indexOf(name)]?.url ?? ''];
  const routesOf = (...kept: readonly string[]): string[] =>
    [
      routeTo('first', url('first'), { match: 'sni: ["a.test"]' }),
      routeTo('second', url('second'), { match: 'sni: ["a.test"]' }),
      routeTo('listener', url('listener'), { match: 'sni: ["a.test"]', more: 'listeners: [edge]' }),
      routeTo('source', url('source'), { match: 'sni: ["a.test"], sources: [127.0.0.0/8]' }),
    ].filter((_unused, index) => kept.includes(names[index] ?? ''));
  for (const [kept, expected] of [
    [['first', 'second'], 'first'],
    [['first', 'second', 'listener'], 'listener'],
    [['first', 'second', 'listener', 'source'], 'source'],
  ] as const) {
    const sluice = await startSluice(t, { config: buildConfig({ routes: routesOf(...kept) }) });
    assert.equal(await reach(t, sluice.address('edge'), buildClientHello({ serverName: 'a.test' })), expected);
  }
});

test('check names the route that can never be reached', async (t) => {
  const routes = [
    'name: winner, match: { protocol: SSH }, action: Ban',
    'name: loser, match: { protocol: SSH }, action: Echo',
  ];
  const result = await runSluiceOn(t, 'check', buildConfig({ routes }));
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr + result.stdout.replaceAll(/^.*name:.*$/gmu, ''), /loser[^]*winner/u);
});
