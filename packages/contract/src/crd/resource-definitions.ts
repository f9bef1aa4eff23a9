/** The CustomResourceDefinitions of the three kinds, made from the schemas. Pure; hack/update/crds.sh writes them down. */
import { listenerSpecSchema } from '../listener.ts';
import {
  apiGroup,
  apiVersionName,
  bundleVersion,
  bundleVersionAnnotation,
  proxyListenerKind,
  proxyRouteKind,
  proxyUserKind,
  type ResourceNames,
} from '../resources/api-group.ts';
import { proxyListenerStatusSchema } from '../resources/proxy-listener.ts';
import { proxyRouteStatusSchema } from '../resources/proxy-route.ts';
import { proxyUserStatusSchema } from '../resources/proxy-user.ts';
import { proxyRouteSpecSchema } from '../route.ts';
import { proxyUserSpecSchema } from '../user.ts';
import { objectRules } from './object-rules.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

/** A column of `kubectl get`; of priority 1 only with `--output wide`. */
interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

interface Definition {
  readonly names: ResourceNames;
  readonly description: string;
  readonly spec: object;
  readonly status: object;
  /** Before the columns that all kinds have. */
  readonly columns: readonly PrinterColumn[];
  /** What `--field-selector` can ask for. */
  readonly selectable: readonly string[];
}

interface CustomResourceVersion {
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
  readonly [field: string]: unknown;
}

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly versions: readonly CustomResourceVersion[];
    readonly [field: string]: unknown;
  };
}

const definitions: readonly Definition[] = [
  {
    names: proxyRouteKind,
    description:
      'A route of the Sluice proxies: which connections it takes, by listener, protocol, server name, ALPN and source, and where they go: to addresses, to Services, or to an action of the proxy itself.',
    spec: proxyRouteSpecSchema,
    status: proxyRouteStatusSchema,
    columns: [
      textColumn('Listeners', '.status.listeners', 'The listeners it serves.'),
      textColumn('Upstream', '.status.upstream', 'Where connections go.'),
    ],
    selectable: ['.spec.action', '.spec.match.protocol', '.spec.to.balance'],
  },
  {
    names: proxyUserKind,
    description:
      'A user of the forward proxy of Sluice: how the password is checked, which destinations are allowed, how much at once. The operator puts it into the state service.',
    spec: proxyUserSpecSchema,
    status: proxyUserStatusSchema,
    columns: [
      textColumn('Login', '.status.login', 'How the user logs in.'),
      textColumn('Destinations', '.status.destinations', 'Where the user may go.'),
      textColumn('Drifted', conditionPath('Drifted', 'status'), 'Whether it was changed in the state service since.'),
    ],
    selectable: ['.spec.onRevoke'],
  },
  {
    names: proxyListenerKind,
    description:
      'A listener of the Sluice proxies: the addresses that every proxy binds, what it looks for in the first bytes, and the deadlines of its connections.',
    spec: listenerSpecSchema,
    status: proxyListenerStatusSchema,
    columns: [
      textColumn('Addresses', '.status.addresses', 'The addresses it binds.'),
      { name: 'Routes', type: 'integer', jsonPath: '.status.routes', description: 'How many routes serve it.' },
    ],
    selectable: ['.spec.transport', '.spec.noRoute'],
  },
];

function textColumn(name: string, jsonPath: string, description: string): PrinterColumn {
  return { name, type: 'string', jsonPath, description };
}

function conditionPath(type: string, field: string): string {
  return `.status.conditions[?(@.type=="${type}")].${field}`;
}

const commonColumns: readonly PrinterColumn[] = [
  textColumn('Accepted', conditionPath('Accepted', 'status'), 'Whether its spec is taken.'),
  textColumn('Programmed', '.status.programmed', 'How many of the live proxies have it as published last.'),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made.' },
  { ...textColumn('Reason', conditionPath('Ready', 'reason'), 'Why it is ready, or not.'), priority: 1 },
];

const versionSentence =
  'The versioned schema that the object is written in. See https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
const kindSentence =
  'What the object is, in CamelCase. See https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';

function define({ names, description, spec, status, columns, selectable }: Definition): CustomResourceDefinition {
  const rules = objectRules[names.kind];
  const openAPIV3Schema: StructuralSchema = {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: versionSentence },
      kind: { type: 'string', description: kindSentence },
      metadata: { type: 'object' },
      spec: structuralSchema(spec, 'spec', rules),
      status: structuralSchema(status, 'status', rules),
    },
    ...(rules[''] === undefined ? {} : { 'x-kubernetes-validations': rules[''] }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${names.plural}.${apiGroup}`,
      annotations: { [bundleVersionAnnotation]: bundleVersion },
      labels: { 'app.kubernetes.io/name': 'sluice-crds', 'app.kubernetes.io/part-of': 'sluice' },
    },
    spec: {
      group: apiGroup,
      names: {
        kind: names.kind,
        listKind: `${names.kind}List`,
        plural: names.plural,
        singular: names.kind.toLowerCase(),
        shortNames: [names.shortName],
        categories: ['sluice'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: apiVersionName,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...columns, ...commonColumns],
          selectableFields: selectable.map((jsonPath) => ({ jsonPath })),
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}

/** One for each kind: routes, users, listeners. */
export function resourceDefinitions(): readonly CustomResourceDefinition[] {
  return definitions.map(define);
}
