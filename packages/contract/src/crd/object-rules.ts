/**
 * The rules between the fields of the three kinds, in CEL, by where they stand: route-rules.ts and user-rules.ts once more, for the
 * API server. Every rule has a fixture that it lets in and one that it refuses (tests/kube/crds/fixtures).
 */
import type { ResourceNames } from '../resources/api-group.ts';
import { maxObjectNameLength } from '../resources/api-group.ts';
import { verifierAlgorithms } from '../verifier-algorithm.ts';
import type { CelRule } from './cel-rule.ts';

/** By path: `` is the object, `spec.to.endpoints[]` an item. */
export type RulesByPath = Readonly<Record<string, readonly CelRule[]>>;

const passwordSources = [...verifierAlgorithms, 'secretRef'];
const oneSource: readonly CelRule[] = [
  {
    rule: `[${passwordSources.map((source) => `has(self.${source})`).join(', ')}].filter(given, given).size() == 1`,
    message: `must have exactly one of ${passwordSources.join(', ')}: keep the one that is meant`,
  },
];

const routeRules: RulesByPath = {
  '': [
    {
      rule: `self.metadata.name.size() <= ${maxObjectNameLength}`,
      message: `metadata.name must have ${maxObjectNameLength} characters at most: choose a shorter name`,
    },
  ],
  spec: [
    {
      rule: '!has(self.to) || !has(self.action)',
      message: 'to and action exclude each other: keep the one that is meant',
      fieldPath: '.action',
      reason: 'FieldValueForbidden',
    },
    {
      rule: 'has(self.to) || has(self.action)',
      message: 'has neither to nor action: add to with endpoints, or action: Ban, Echo, Health or ForwardProxy',
      fieldPath: '.to',
      reason: 'FieldValueRequired',
    },
    {
      rule: "!has(self.forward) || has(self.action) && self.action == 'ForwardProxy'",
      message: 'forward belongs to action ForwardProxy: remove forward, or write action: ForwardProxy',
      fieldPath: '.forward',
      reason: 'FieldValueForbidden',
    },
  ],
  'spec.to.endpoints[]': [
    {
      rule: 'has(self.url) != has(self.service)',
      message: 'must have exactly one of url and service: write url: tcp://host:port, or service with name and port',
    },
    {
      rule: '!has(self.service) || !has(self.zones)',
      message: 'zones of a Service come from its EndpointSlices: remove zones',
      fieldPath: '.zones',
      reason: 'FieldValueForbidden',
    },
  ],
  'spec.to.endpoints[].service': [
    {
      rule: 'has(self.port) != has(self.portName)',
      message: 'must have exactly one of port and portName: write port: 443, or portName',
    },
  ],
};

const userRules: RulesByPath = {
  spec: [
    {
      rule: 'has(self.password) || has(self.credentials)',
      message:
        'has neither password nor credentials: add password with a verifier or secretRef; credentials: [] lets nobody in',
      fieldPath: '.password',
      reason: 'FieldValueRequired',
    },
  ],
  'spec.password': oneSource,
  'spec.credentials[]': oneSource,
};

const listenerRules: RulesByPath = {
  'spec.bind': [
    {
      rule: "self.all(address, address.endsWith(':0') || self.exists_one(other, other == address))",
      // Not FieldValueDuplicate, which has no room for a message.
      message: 'must have each address once: remove the second one',
    },
  ],
};

export const objectRules: Readonly<Record<ResourceNames['kind'], RulesByPath>> = {
  ProxyRoute: routeRules,
  ProxyUser: userRules,
  ProxyListener: listenerRules,
};
