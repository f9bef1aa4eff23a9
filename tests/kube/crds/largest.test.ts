/** Whoever uses every bound to the end is judged all the same: no rule runs out of the budget that CEL has for one object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpecProblems } from '@sluice/contract/resources/spec-problems.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type CrdScene, type Kind, openCrdScene, verdictOf } from './crd-scene.ts';

const skip = await whyNoKubeApi();

/** Of 253 characters, another for each index. */
function hostName(index: number): string {
  return [String(index).padStart(63, 'n'), 'a'.repeat(63), 'b'.repeat(63), 'c'.repeat(61)].join('.');
}

function times<Item>(count: number, make: (index: number) => Item): readonly Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const address = (index: number): string => `2001:0db8:0000:0000:0000:ffff:${index.toString(16).padStart(4, '0')}:0000`;
const networks = (count: number): readonly string[] => times(count, (index) => `${address(index)}/128`);

const route = {
  listeners: times(1024, (index) => `listener-${index}`),
  match: {
    sni: times(1024, (index) => `*.${hostName(index)}`),
    alpn: times(32, () => 'x'.repeat(255)),
    sources: networks(1024),
  },
};
const specs: readonly (readonly [Kind, string, object])[] = [
  [
    'ProxyRoute',
    'host names',
    { ...route, to: { endpoints: times(1024, (at) => ({ url: `tcp://${hostName(at)}:65535` })) } },
  ],
  [
    'ProxyRoute',
    'addresses',
    { ...route, to: { endpoints: times(1024, (at) => ({ url: `tcp6://[${address(at)}]:65535` })) } },
  ],
  [
    'ProxyRoute',
    'Services',
    {
      ...route,
      to: {
        endpoints: times(1024, (at) => ({
          service: { name: `s${at}`.padEnd(63, 's'), namespace: 'n'.repeat(63), portName: 'p'.repeat(63) },
        })),
      },
    },
  ],
  [
    'ProxyListener',
    'addresses',
    { bind: times(64, (at) => `[${address(at)}]:65535`), proxyProtocol: { trust: networks(1024) } },
  ],
  [
    'ProxyUser',
    'rules',
    {
      credentials: times(8, () => ({
        secretRef: { name: 's'.repeat(253) },
        notAfter: '2027-01-31T12:00:00.123456789+00:00',
      })),
      // More of both is more than a request may have, not more than the rules can take.
      allow: times(256, () => ({
        domains: times(8, hostName),
        cidrs: networks(8),
        ports: times(16, (at) => 65_535 - at),
      })),
    },
  ],
];

async function change(scene: CrdScene, kind: Kind): Promise<void> {
  const body = [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }];
  const answer = await scene.api.client.send(scene.pathOf(kind, 'largest'), {
    method: 'PATCH',
    contentType: 'application/json-patch+json',
    body,
  });
  assert.deepEqual(verdictOf(answer), { isAccepted: true, causes: [] });
}

for (const [kind, what, spec] of specs) {
  test(`a ${kind} with as many ${what} as it can have is taken, and can be changed`, { skip }, async (t) => {
    const scene = await openCrdScene(t);
    const answer = await scene.create(kind, { name: 'largest', spec });
    assert.deepEqual(verdictOf(answer), { isAccepted: true, causes: [] });
    assert.deepEqual(findSpecProblems(kind, answer.body['spec']), []);
    await change(scene, kind);
  });
}
