/** Every pod of the chart against every other, on every port there is: exactly the flows of README.md, and none beside them. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type Manifest, parseManifests } from './manifest.ts';
import { isAllowed, type Peer } from './network-policy.ts';
import { buildUmbrella } from './umbrella-chart.ts';

const skip = await whyNoKubeApi({ helm: true });
const chart = skip === false ? await buildUmbrella({ after }, 4) : null;
const namespace = 'default';
const ports = [
  53, 80, 443, 1080, 3000, 4222, 5353, 5432, 6222, 6443, 8080, 8081, 8222, 8443, 9090, 9900, 9910, 9911, 9920,
];

interface Workload {
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
}

/** The pods that the chart makes, by their component, and some that are not its own. */
function peersOf(manifests: readonly Manifest[]): readonly Peer[] {
  const pods = manifests.filter(({ kind }) => ['Deployment', 'DaemonSet', 'StatefulSet', 'Job'].includes(kind));
  const own = pods.map((workload, index): Peer => {
    const { labels } = (workload['spec'] as Workload).template.metadata;
    const name = labels['app.kubernetes.io/component'] ?? '';
    return { name, labels, namespace, namespaceLabels: {}, ip: `10.244.0.${index + 1}` };
  });
  const foreign = (name: string, labels: Peer['labels'], where: string, ip: string): Peer => ({
    name,
    labels,
    namespace: where,
    namespaceLabels: { 'kubernetes.io/metadata.name': where },
    ip,
  });
  return [
    ...own,
    foreign('neighbour', { app: 'other' }, namespace, '10.244.1.1'),
    foreign('stranger', { app: 'other' }, 'elsewhere', '10.244.1.2'),
    foreign('dns', { 'k8s-app': 'kube-dns' }, 'kube-system', '10.244.1.3'),
    foreign('outside', null, '', '203.0.113.7'),
    foreign('node', null, '', '192.0.2.7'),
  ];
}

/** `from -> to: ports`, of all flows with a pod of the chart at one end or both. */
async function flowsOf(args: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  assert.ok(chart);
  const manifests = parseManifests(await chart.template(args));
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
  assert.ok(policies.length > 8);
  const peers = peersOf(manifests);
  const flows = new Map<string, readonly number[]>();
  for (const from of peers) {
    for (const to of peers.filter((one) => one !== from)) {
      const isOurs = [from, to].some(({ labels }) => labels?.['app.kubernetes.io/name'] === 'sluice');
      const open = ports.filter((port) => isAllowed(policies, namespace, { from, to, port }));
      if (isOurs && open.length > 0) flows.set(`${from.name} -> ${to.name}`, open);
    }
  }
  return flows;
}

const clientPorts = [1080, 8080, 8081, 8443];

describe('NetworkPolicies of the chart', { skip }, () => {
  test('allow the flows between the parts and nothing else', async () => {
    const flows = await flowsOf(['--values', 'ci/monitoring-values.yaml']);
    const withinChart = [...flows].filter(([flow]) => !/neighbour|stranger|dns|outside|node/.test(flow));
    assert.deepEqual(Object.fromEntries(withinChart), {
      'proxy -> nats': [4222],
      'state-service -> nats': [4222],
      'state-service -> postgres': [5432],
      'operator -> nats': [4222],
      'operator -> state-service': [9910],
      'prometheus -> proxy': [...clientPorts, 9900].toSorted((one, other) => one - other),
      'prometheus -> state-service': [9911],
      'prometheus -> operator': [9920],
      'grafana -> prometheus': [9090],
      'test -> proxy': [...clientPorts, 9900].toSorted((one, other) => one - other),
    });
  });

  test('let anybody reach the ports of clients, and nobody else anything', async () => {
    const flows = await flowsOf(['--values', 'ci/monitoring-values.yaml']);
    const inwards = [...flows].filter(([flow]) => /^(?:neighbour|stranger|outside|dns) -> /.test(flow));
    const expected = ['neighbour', 'stranger', 'dns', 'outside'].map((who) => [`${who} -> proxy`, clientPorts]);
    assert.deepEqual(Object.fromEntries(inwards), Object.fromEntries(expected));
  });

  test('let out to name servers, the API server and upstreams those that need them', async () => {
    const flows = await flowsOf(['--values', 'ci/monitoring-values.yaml']);
    const outwards = [...flows].filter(([flow]) => /-> (?:neighbour|stranger|outside|dns)$/.test(flow));
    const byTarget = (target: string): readonly string[] =>
      outwards.flatMap(([flow, open]) =>
        flow.endsWith(`-> ${target}`) && !flow.startsWith('proxy') ? [`${flow.split(' ')[0]} ${open.join()}`] : [],
      );
    // Pods have addresses too: what may go to any address on the ports of the API server may go to theirs.
    const toApiServer = ['init-secrets', 'operator', 'prometheus'].map((who) => `${who} 443,6443`);
    assert.deepEqual(byTarget('outside').toSorted(), toApiServer);
    assert.deepEqual(byTarget('stranger').toSorted(), toApiServer);
    const asking = byTarget('dns')
      .filter((one) => / 53\b/.test(one))
      .map((one) => one.split(' ')[0] ?? '');
    assert.deepEqual(asking.toSorted(), [
      'grafana',
      'init-secrets',
      'nats',
      'operator',
      'prometheus',
      'release-users',
      'state-service',
      'test',
    ]);
    assert.deepEqual(flows.get('proxy -> outside'), ports, 'a forward proxy reaches whatever its users may');
  });

  test('are narrowed by the values', async () => {
    const flows = await flowsOf([
      ...['--set-json', 'proxy.networkPolicy.clients=[{"podSelector":{"matchLabels":{"app":"other"}}}]'],
      ...['--set-json', 'proxy.networkPolicy.upstreams=[{"ipBlock":{"cidr":"203.0.113.0/24"}}]'],
      ...['--set-json', 'global.networkPolicy.apiServer.cidrs=["10.96.0.1/32"]'],
    ]);
    assert.deepEqual(flows.get('neighbour -> proxy'), clientPorts);
    assert.equal(flows.has('stranger -> proxy'), false);
    assert.equal(flows.has('proxy -> stranger'), false);
    assert.deepEqual(flows.get('proxy -> outside'), ports);
    assert.equal(flows.has('operator -> outside'), false);
  });

  test('know proxies with the network of their nodes by the addresses of these', async () => {
    const flows = await flowsOf(['--values', 'ci/nodes-values.yaml']);
    const withNode = [...flows].filter(([flow]) => /\bnode\b/.test(flow));
    const apiServer = ['init-secrets', 'operator'].map((who) => [`${who} -> node`, [443, 6443]]);
    assert.deepEqual(Object.fromEntries(withNode), {
      ...Object.fromEntries(apiServer),
      'node -> nats': [4222],
      'node -> proxy': clientPorts,
      'prometheus -> node': [443, 6443, 9900],
      'test -> node': [8081, 9900],
      'proxy -> node': ports,
    });
    const asking = [...flows].filter(([flow]) => flow.endsWith('-> dns') && !flow.startsWith('proxy'));
    assert.ok(
      asking.length > 5 && asking.every(([, open]) => open.includes(5353)),
      'name servers elsewhere than on 53',
    );
    assert.equal(flows.has('outside -> nats'), false);
    const withService = await flowsOf(['--values', 'ci/nodes-values.yaml', '--set', 'proxy.service.enabled=true']);
    assert.deepEqual(
      withService.get('test -> node'),
      [...clientPorts, 9900].toSorted((one, other) => one - other),
    );
  });

  test('are proven by a reading that refuses what no policy allows', () => {
    const pod = (name: string): Peer => ({ name, labels: { name }, namespace, namespaceLabels: {}, ip: '10.0.0.1' });
    const flow = { from: pod('a'), to: pod('b'), port: 80 };
    const policy = (spec: object): Manifest => ({
      apiVersion: '',
      kind: 'NetworkPolicy',
      metadata: { name: '' },
      spec,
    });
    const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    assert.equal(isAllowed([], namespace, flow), true);
    assert.equal(isAllowed([deny], namespace, flow), false);
    const ingress = policy({
      podSelector: { matchLabels: { name: 'b' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { name: 'a' } } }], ports: [{ port: 80 }] }],
    });
    assert.equal(isAllowed([deny, ingress], namespace, flow), false, 'the other end does not let it out');
    const egress = policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{}] });
    assert.equal(isAllowed([deny, ingress, egress], namespace, flow), true);
    assert.equal(isAllowed([deny, ingress, egress], namespace, { ...flow, port: 81 }), false);
    assert.equal(isAllowed([deny, ingress, egress], namespace, { ...flow, from: pod('c') }), false);
  });
});
