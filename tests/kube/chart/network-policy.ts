/** Who may connect to whom, as NetworkPolicies say: the part of networking.k8s.io/v1 that the chart uses. Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { Manifest } from './manifest.ts';

/** A pod, or an address outside the cluster (no labels). */
export interface Peer {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly ip: string;
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Expression[];
}

interface PolicyPeer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

interface Rule {
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly (Rule | null)[];
  readonly egress?: readonly (Rule | null)[];
}

export interface Flow {
  readonly from: Peer;
  readonly to: Peer;
  readonly port: number;
}

/** Whether both ends allow a TCP connection. `namespace`: where the policies are. */
export function isAllowed(policies: readonly Manifest[], namespace: string, { from, to, port }: Flow): boolean {
  const specs = policies.map((policy) => policy['spec'] as PolicySpec);
  return (
    allows(specs, namespace, { pod: from, other: to, port }, 'Egress') &&
    allows(specs, namespace, { pod: to, other: from, port }, 'Ingress')
  );
}

interface Side {
  readonly pod: Peer;
  readonly other: Peer;
  readonly port: number;
}

function allows(specs: readonly PolicySpec[], namespace: string, side: Side, type: 'Ingress' | 'Egress'): boolean {
  const { pod } = side;
  if (pod.labels === null || pod.namespace !== namespace) return true;
  const labels = pod.labels;
  const chosen = specs.filter((spec) => spec.policyTypes.includes(type) && selects(spec.podSelector, labels));
  if (chosen.length === 0) return true;
  return chosen.some((spec) =>
    (type === 'Ingress' ? spec.ingress : spec.egress)?.some((rule) => matches(rule ?? {}, namespace, side, type)),
  );
}

function matches(rule: Rule, namespace: string, { other, port }: Side, type: 'Ingress' | 'Egress'): boolean {
  const peers = type === 'Ingress' ? rule.from : rule.to;
  const ports = rule.ports?.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map((one) => one.port);
  return (ports?.includes(port) ?? true) && (peers?.some((peer) => isPeer(peer, namespace, other)) ?? true);
}

function isPeer({ ipBlock, podSelector, namespaceSelector }: PolicyPeer, namespace: string, other: Peer): boolean {
  if (ipBlock !== undefined) return isWithin(ipBlock.cidr, other.ip);
  if (other.labels === null) return false;
  const isNamespace =
    namespaceSelector === undefined ? other.namespace === namespace : selects(namespaceSelector, other.namespaceLabels);
  return isNamespace && (podSelector === undefined || selects(podSelector, other.labels));
}

function isWithin(cidr: string, ip: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  if (isIPv6(network) !== isIPv6(ip)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(ip);
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator !== 'NotIn') throw new Error(`${operator} is not known here`);
      return !values.includes(labels[key] ?? '');
    })
  );
}
