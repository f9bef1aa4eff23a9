/**
 * What the API server judges beyond one object: that a definition is not replaced by an older one, and that routes keep to the host
 * names of their namespace. ValidatingAdmissionPolicies with their bindings, so that no webhook has to run. Pure.
 */
import { apiGroup, apiVersionName, bundleVersionAnnotation, proxyRouteKind } from '../resources/api-group.ts';
import { resourceDefinitions } from './resource-definitions.ts';

/** On a namespace: the host patterns its routes may claim, joined by commas; `*`: all. */
const hostsAnnotation = 'sluice.dev/hosts';
/** On a definition: it may be replaced by an older one. */
const allowDowngradeAnnotation = 'sluice.dev/allow-downgrade';

/** One object for each file. */
export interface AdmissionObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingAdmissionPolicy' | 'ValidatingAdmissionPolicyBinding';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface AdmissionPolicy {
  readonly name: 'no-downgrade' | 'host-names' | 'host-names-required';
  readonly policy: AdmissionObject;
  readonly binding: AdmissionObject;
}

interface Validation {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly reason?: 'Forbidden' | 'Invalid';
}

interface PolicyParts {
  readonly resourceRules: readonly Readonly<Record<string, unknown>>[];
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly Validation[];
}

function policyOf(name: AdmissionPolicy['name'], { resourceRules, ...parts }: PolicyParts): AdmissionPolicy {
  const metadata = {
    name: `sluice-${name}`,
    labels: { 'app.kubernetes.io/name': 'sluice-crds', 'app.kubernetes.io/part-of': 'sluice' },
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return {
    name,
    policy: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules }, ...parts },
    },
    binding: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  };
}

/** A list of three numbers, or an empty one when there is no version. */
function versionOf(object: string): string {
  const text = `${object}.metadata.?annotations[?'${bundleVersionAnnotation}'].orValue('')`;
  return `${text}.matches('^[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}(-.*)?$') ? ${text}.split('-')[0].split('.').map(part, int(part)) : []`;
}

function noDowngrade(): AdmissionPolicy {
  const [before, after] = ['variables.before', 'variables.after'];
  const isOlder = [
    `${after}[0] < ${before}[0]`,
    `${after}[0] == ${before}[0] && ${after}[1] < ${before}[1]`,
    `${after}[0] == ${before}[0] && ${after}[1] == ${before}[1] && ${after}[2] < ${before}[2]`,
  ].join(' || ');
  return policyOf('no-downgrade', {
    resourceRules: [
      {
        apiGroups: ['apiextensions.k8s.io'],
        apiVersions: ['v1'],
        operations: ['UPDATE'],
        resources: ['customresourcedefinitions'],
        resourceNames: resourceDefinitions().map(({ metadata }) => metadata.name),
      },
    ],
    matchConditions: [
      {
        name: 'downgrade-is-not-allowed',
        expression: `oldObject.metadata.?annotations[?'${allowDowngradeAnnotation}'].orValue('') != 'true'`,
      },
    ],
    variables: [
      { name: 'before', expression: versionOf('oldObject') },
      { name: 'after', expression: versionOf('object') },
    ],
    validations: [
      {
        expression: `${before}.size() == 0 || ${after}.size() == 3 && !(${isOlder})`,
        message: 'an older definition would drop fields that objects may have',
        messageExpression: [
          `"the definition in the cluster is newer (${bundleVersionAnnotation}): an older one would drop fields that objects may have;"`,
          `" to replace it all the same: kubectl annotate crd " + oldObject.metadata.name + " ${allowDowngradeAnnotation}=true"`,
        ].join(' + '),
        reason: 'Forbidden',
      },
    ],
  });
}

const routesOfThisGroup = [
  {
    apiGroups: [apiGroup],
    apiVersions: [apiVersionName],
    operations: ['CREATE', 'UPDATE'],
    resources: [proxyRouteKind.plural],
  },
];

/** What a route has claimed already stays its own: it can be labelled, finalized and moved to another upstream. */
const claimsAnew = {
  name: 'claims-anew',
  expression:
    'oldObject == null || object.spec.?match != oldObject.spec.?match || object.spec.?listeners != oldObject.spec.?listeners',
};

/** Without the dot of the root; `*.` alone stays what it is: no name at all. */
const withoutRoot = "name.endsWith('.') && name != '*.' ? name.substring(0, name.size() - 1) : name";

const claims = [
  { name: 'hosts', expression: `namespaceObject.metadata.?annotations[?'${hostsAnnotation}']` },
  {
    name: 'names',
    expression: `object.spec.?match.?sni.orValue([]).map(name, name.lowerAscii()).map(name, ${withoutRoot})`,
  },
  // Nothing in SSH or SOCKS is called by a host name, nor in what fits no protocol.
  {
    name: 'takesNames',
    expression: "!(object.spec.?match.?protocol.orValue('TLS') in ['SSH', 'SOCKS4', 'SOCKS5', 'Unknown'])",
  },
];

/** A message of more than 5120 bytes would not be shown at all. */
const mostShown = 512;

function shown(text: string): string {
  return `(${text}.size() > ${mostShown} ? ${text}.substring(0, ${mostShown}) + "..." : ${text})`;
}

const askAdministrator = `ask for it: kubectl annotate namespace`;

function hostNames(): AdmissionPolicy {
  return policyOf('host-names', {
    resourceRules: routesOfThisGroup,
    matchConditions: [claimsAnew],
    variables: [
      ...claims,
      {
        name: 'allowed',
        expression: `variables.hosts.orValue('*').split(',').map(name, name.trim().lowerAscii()).map(name, ${withoutRoot})`,
      },
      { name: 'takesAll', expression: "'*' in variables.allowed" },
      // What `*.` patterns end in.
      {
        name: 'suffixes',
        expression: "variables.allowed.filter(name, name.startsWith('*.')).map(name, name.substring(1))",
      },
      // A look into the list costs a tenth of a comparison with each of its items, and the budget is small.
      {
        name: 'others',
        expression:
          'variables.takesAll ? [] : variables.names.filter(name, !(name in variables.allowed) && !variables.suffixes.exists(suffix, name.endsWith(suffix)))',
      },
      { name: 'othersText', expression: 'variables.others.join(", ")' },
      { name: 'hostsText', expression: 'variables.hosts.orValue("")' },
    ],
    validations: [
      {
        expression: 'variables.others.size() == 0',
        message: 'a host name of match.sni is not one of the namespace',
        messageExpression: [
          `"spec.match.sni: " + ${shown('variables.othersText')} + " is not among the host names of namespace " + object.metadata.namespace`,
          `" (${hostsAnnotation}: " + ${shown('variables.hostsText')} + "): leave it out, or ${askAdministrator} " + object.metadata.namespace + " --overwrite ${hostsAnnotation}=..."`,
        ].join(' + '),
        reason: 'Forbidden',
      },
      {
        expression: 'variables.names.size() > 0 || !variables.takesNames || variables.takesAll',
        message: 'a route without match.sni takes the names of others too',
        messageExpression: [
          '"spec.match.sni is missing: without it the route takes names of others too, and namespace " + object.metadata.namespace',
          `" has its own (${hostsAnnotation}: " + ${shown('variables.hostsText')} + "): name hosts of these, or write match.protocol: SSH, SOCKS4, SOCKS5 or Unknown"`,
        ].join(' + '),
        reason: 'Forbidden',
      },
    ],
  });
}

function hostNamesRequired(): AdmissionPolicy {
  return policyOf('host-names-required', {
    resourceRules: routesOfThisGroup,
    matchConditions: [claimsAnew],
    variables: claims,
    validations: [
      {
        expression: 'variables.hosts.hasValue() || variables.names.size() == 0 && !variables.takesNames',
        message: `the namespace has no host names: it wants the annotation ${hostsAnnotation}`,
        messageExpression: [
          '"namespace " + object.metadata.namespace + " has no host names, and the route takes some:"',
          `" ${askAdministrator} " + object.metadata.namespace + " ${hostsAnnotation}=www.example.com,*.shop.example.com (* for all)"`,
        ].join(' + '),
        reason: 'Forbidden',
      },
    ],
  });
}

/** Of the last one the binding is for clusters in which every namespace has to be given its names. */
export function admissionPolicies(): readonly AdmissionPolicy[] {
  return [noDowngrade(), hostNames(), hostNamesRequired()];
}
