/**
 * A route: which connections it takes and what becomes of them. An entry of `routes:` is ProxyRoute.spec plus its name; only
 * there may an endpoint be a Service, which the operator publishes as URLs. What holds between the fields is in route-rules.ts.
 */
import { type TArray, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import {
  cidrSchema,
  dnsLabelSchema,
  hostNamePattern,
  hostPatternSchema,
  nameSchema,
  portPattern,
  textSchema,
  zoneSchema,
} from './field-schemas.ts';
import { laterProtocols } from './listener.ts';
import { detectableProtocols } from './protocol.ts';
import { type Complete, type Defaulted, elsewhereKeyword, laterKeyword, withDefault } from './schema-keywords.ts';

const matchSchema = Type.Object(
  {
    protocol: Type.Optional(
      Type.Enum([...detectableProtocols, 'Unknown'], {
        type: 'string',
        description: 'The detected protocol; `Unknown` is what nothing looked for fits.',
        [laterKeyword]: laterProtocols,
      }),
    ),
    sni: Type.Optional(
      Type.Array(hostPatternSchema('A host name, or `*.example.com` for one label or more before it.'), {
        minItems: 1,
        maxItems: 1024,
        description: 'Server names of the TLS hello, of which one must match.',
      }),
    ),
    alpn: Type.Optional(
      Type.Array(
        textSchema('A protocol name as registered with IANA.', {
          format: 'alpn-id',
          maxLength: 255,
          pattern: '^[!-~]+$',
        }),
        {
          minItems: 1,
          maxItems: 32,
          description: 'ALPN protocols of the TLS hello, of which one must be offered.',
        },
      ),
    ),
    sources: Type.Optional(
      Type.Array(cidrSchema('A network.'), {
        minItems: 1,
        maxItems: 1024,
        description: 'Networks of the client, of which one must hold its address.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What a connection must be like; every field given must hold, and `{}` takes everything.',
    [laterKeyword]: {
      host: 'matching HTTP hosts',
      hosts: 'matching HTTP hosts',
      path: 'matching HTTP paths',
      method: 'matching HTTP methods',
      headers: 'matching HTTP headers',
      user: 'matching users',
      users: 'matching users',
      destinations: 'matching destinations',
      ja3: 'matching TLS fingerprints',
      ja4: 'matching TLS fingerprints',
    },
  },
);

/** A path that begins with a slash and does not end in one; after `unix:` alone with one slash only. */
const unixPattern =
  'unix:(///([^\\x00-\\x1f\\x7f-\\x9f]*[^/\\x00-\\x1f\\x7f-\\x9f])|/[^/\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]*[^/\\x00-\\x1f\\x7f-\\x9f])?)';

const urlSchema = textSchema('`tcp://host:port` (either address family), `tcp4://`, `tcp6://` or `unix:///path`.', {
  format: 'endpoint-url',
  maxLength: 512,
  pattern: `^(tcp[46]?://(\\[[0-9A-Fa-f:.]+\\]|${hostNamePattern}):${portPattern}|${unixPattern})$`,
});

const endpointProperties = {
  weight: withDefault(
    Type.Integer({
      minimum: 0,
      maximum: 1000,
      description: 'Share of the connections relative to the others; 0 takes none.',
    }),
    1,
  ),
  tcpFastOpen: withDefault(
    Type.Boolean({ description: 'Connect with TCP Fast Open where the peer supports it.' }),
    false,
  ),
  zones: Type.Optional(
    Type.Array(zoneSchema('A zone.'), {
      minItems: 1,
      maxItems: 16,
      description:
        'Zones whose proxies it is for, if all endpoints of the route name some and one is for the zone of the proxy.',
    }),
  ),
};

const laterEndpointKeys = {
  tls: 'TLS towards endpoints',
  proxyProtocol: 'sending a PROXY protocol header',
  healthCheck: 'health checks',
  priority: 'endpoint priorities',
  backup: 'endpoint priorities',
  maxConnections: 'limits for each endpoint',
};

const serviceRemedy = 'write url: tcp://host:port; only a ProxyRoute in Kubernetes names a Service';

const endpointSchema = Type.Object(
  { url: urlSchema, ...endpointProperties },
  {
    additionalProperties: false,
    description: 'One address of the upstream.',
    [laterKeyword]: laterEndpointKeys,
    [elsewhereKeyword]: { service: serviceRemedy },
  },
);

const serviceSchema = Type.Object(
  {
    name: dnsLabelSchema('The name of the Service.'),
    namespace: Type.Optional(
      dnsLabelSchema(
        "Its namespace; another one than the route's needs a ReferenceGrant there. Absent: that of the route.",
      ),
    ),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'The port of the Service, by number; or portName.' }),
    ),
    portName: Type.Optional(dnsLabelSchema('The port of the Service, by name; or port.')),
  },
  {
    additionalProperties: false,
    description: 'A Service, whose ready endpoints are used; exactly one of port and portName.',
  },
);

const proxyRouteEndpointSchema = Type.Object(
  { url: Type.Optional(urlSchema), service: Type.Optional(serviceSchema), ...endpointProperties },
  {
    additionalProperties: false,
    description:
      'One address of the upstream, or the addresses of a Service, which share its weight; exactly one of url and service.',
    [laterKeyword]: laterEndpointKeys,
  },
);

const balanceSchema = Type.Enum(['RoundRobin', 'Random', 'LeastConnections'], {
  type: 'string',
  description: 'How an endpoint is chosen.',
  [laterKeyword]: {
    SourceIP: 'balancing by source address',
    SourceSocket: 'balancing by source socket',
    ConsistentHash: 'balancing by consistent hashing',
    RingHash: 'balancing by consistent hashing',
    Maglev: 'balancing by Maglev hashing',
    Rendezvous: 'balancing by rendezvous hashing',
    PowerOfTwo: 'balancing by two random choices',
    LeastLatency: 'balancing by latency',
    First: 'balancing by order',
  },
});

function targetObject<Endpoint extends TSchema>(
  endpoint: Endpoint,
): TObject<{ endpoints: TArray<Endpoint>; balance: Defaulted<typeof balanceSchema> }> {
  return Type.Object(
    {
      endpoints: Type.Array(endpoint, {
        maxItems: 1024,
        description: 'The addresses to connect to; with an empty list what the route takes is refused.',
      }),
      balance: withDefault(balanceSchema, 'RoundRobin'),
    },
    {
      additionalProperties: false,
      description: 'Where the connections go; a route has either this or an action.',
      [laterKeyword]: {
        healthCheck: 'health checks',
        outlierDetection: 'outlier detection',
        proxyProtocol: 'sending a PROXY protocol header',
        tls: 'TLS towards endpoints',
        via: 'chaining through an upstream proxy',
        retries: 'retry policies',
      },
      [elsewhereKeyword]: {
        service: `${serviceRemedy}, in its endpoints`,
        services: `${serviceRemedy}, in its endpoints`,
      },
    },
  );
}

const forwardSchema = Type.Object(
  {
    anonymous: withDefault(Type.Boolean({ description: 'Serve clients that give no credentials.' }), false),
  },
  {
    additionalProperties: false,
    description: 'How action ForwardProxy treats its clients; only with that action.',
    [laterKeyword]: {
      udp: 'SOCKS5 UDP ASSOCIATE',
      bind: 'SOCKS BIND',
      socks4: 'SOCKS4 forwarding',
      via: 'chaining through an upstream proxy',
      groups: 'groups of users',
      users: 'naming the users of a route',
      advertise: 'advertised addresses',
    },
  },
);

const matchingProperties = {
  listeners: Type.Optional(
    Type.Array(nameSchema('A listener.'), {
      minItems: 1,
      maxItems: 1024,
      description: 'Names of the listeners the route serves; absent: every listener.',
    }),
  ),
  match: withDefault(matchSchema, {}),
};

const actionProperties = {
  action: Type.Optional(
    Type.Enum(['Ban', 'Echo', 'Health', 'ForwardProxy'], {
      type: 'string',
      description:
        'What the proxy does itself, in the place of `to`: close at once, send back what comes, answer HTTP health checks, serve as a forward proxy.',
      [laterKeyword]: {
        Redirect: 'HTTP redirects',
        Respond: 'fixed HTTP answers',
        Tarpit: 'tarpitting',
        Terminate: 'TLS termination',
        TransparentProxy: 'transparent proxying',
      },
    }),
  ),
  forward: Type.Optional(forwardSchema),
  halfClose: withDefault(
    Type.Boolean({
      description: 'Keep one direction open after the other has ended; false closes both when the upstream has ended.',
    }),
    true,
  ),
};

const laterRouteKeys = {
  tls: 'TLS termination',
  terminate: 'TLS termination',
  via: 'chaining through an upstream proxy',
  timeouts: 'deadlines for each route',
  limits: 'limits for each route',
  quota: 'quotas',
  bandwidth: 'limits on bandwidth',
  mirror: 'mirroring',
  onRevoke: 'withdrawing permissions from open connections',
  proxyProtocol: 'sending a PROXY protocol header',
  priority: 'route priorities',
  http: 'HTTP routing',
  kafka: 'Kafka routing',
};

function routeObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'Which connections go where.',
    [laterKeyword]: laterRouteKeys,
    [elsewhereKeyword]: { backendRefs: 'write to: { endpoints: [...] }; in a ProxyRoute an endpoint names a Service' },
  });
}

const routeSpecProperties = {
  ...matchingProperties,
  to: Type.Optional(targetObject(endpointSchema)),
  ...actionProperties,
};

/** A route without its name, as it is published. */
export const routeSpecSchema = routeObject(routeSpecProperties);

/** An entry of `routes:`. */
export const routeSchema = routeObject({
  name: nameSchema('Names the route in logs and messages; unique among routes.'),
  ...routeSpecProperties,
});

/** ProxyRoute.spec: a route without its name, which Kubernetes keeps in the metadata, and with Services. */
export const proxyRouteSpecSchema = routeObject({
  ...matchingProperties,
  to: Type.Optional(targetObject(proxyRouteEndpointSchema)),
  ...actionProperties,
});

/** A route with every default in place. */
export type CompleteRoute = Complete<typeof routeSchema>;
