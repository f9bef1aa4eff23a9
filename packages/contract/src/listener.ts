/**
 * A listener: addresses to bind, what to look for in the first bytes, and the deadlines of its connections. An entry of
 * `listeners:` is ProxyListener.spec plus its name.
 */
import { type TProperties, Type } from 'typebox';
import { bindAddressSchema, cidrSchema, durationOrNoneSchema, durationSchema, nameSchema } from './field-schemas.ts';
import { detectableProtocols } from './protocol.ts';
import { type Complete, laterKeyword, withDefault } from './schema-keywords.ts';

/** Protocols that later versions will detect, for lists and matches alike. */
export const laterProtocols = {
  QUIC: 'QUIC detection',
  HTTP3: 'HTTP/3 detection',
  WireGuard: 'WireGuard detection',
  DNS: 'DNS detection',
  DTLS: 'DTLS detection',
  Kafka: 'Kafka detection',
  Postgres: 'PostgreSQL detection',
  PostgreSQL: 'PostgreSQL detection',
  MySQL: 'MySQL detection',
  Redis: 'Redis detection',
  MQTT: 'MQTT detection',
  RDP: 'RDP detection',
  OpenVPN: 'OpenVPN detection',
} as const;

const detectSchema = Type.Object(
  {
    timeout: withDefault(durationSchema('How long the first bytes may take, from accept; nothing extends it.'), '3s'),
    protocols: withDefault(
      Type.Array(
        Type.Enum(detectableProtocols, {
          type: 'string',
          description: 'A protocol to look for.',
          [laterKeyword]: laterProtocols,
        }),
        {
          maxItems: 16,
          description: 'Protocols looked for in the first bytes; an empty list routes at once and looks at none.',
        },
      ),
      [...detectableProtocols],
    ),
  },
  { additionalProperties: false, description: 'Protocol detection.' },
);

const timeoutsSchema = Type.Object(
  {
    connect: withDefault(durationSchema('Deadline of each attempt to connect to an endpoint.'), '5s'),
    connectTotal: withDefault(durationSchema('Deadline of all attempts together.'), '15s'),
    idle: withDefault(
      durationOrNoneSchema('Ends a connection with no byte in either direction; `0s` means no limit.'),
      '1h',
    ),
    halfClosed: withDefault(durationSchema('Ends a half-closed connection whose open direction moved no byte.'), '30s'),
    drain: withDefault(durationSchema('How long connections may go on after the proxy was asked to stop.'), '30s'),
  },
  { additionalProperties: false, description: 'Deadlines of the connections.' },
);

const proxyProtocolSchema = Type.Object(
  {
    trust: withDefault(
      Type.Array(cidrSchema('A network of load balancers.'), {
        maxItems: 1024,
        description: 'Peers that must begin with a PROXY protocol header; with an empty list the header is never read.',
      }),
      [],
    ),
  },
  {
    additionalProperties: false,
    description: 'PROXY protocol, versions 1 and 2.',
    [laterKeyword]: { send: 'sending a PROXY protocol header', version: 'choosing a PROXY protocol version' },
  },
);

const limitsSchema = Type.Object(
  {
    connections: withDefault(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        description: 'Connections at once; one more is closed at accept.',
      }),
      100_000,
    ),
  },
  {
    additionalProperties: false,
    description: 'What the listener admits.',
    [laterKeyword]: {
      connectionsPerSource: 'limits for each source',
      connectionRate: 'limits on the rate of connections',
      bandwidth: 'limits on bandwidth',
      maxConnectionAge: 'limits on the age of connections',
    },
  },
);

const listenerSpecProperties = {
  bind: Type.Array(bindAddressSchema('An IP address and a port, IPv6 in brackets; port 0 takes any free one.'), {
    minItems: 1,
    maxItems: 64,
    description: 'Addresses to listen on.',
  }),
  transport: withDefault(
    Type.Enum(['TCP'], {
      type: 'string',
      description: 'Transport protocol.',
      [laterKeyword]: { UDP: 'UDP listeners', QUIC: 'QUIC listeners' },
    }),
    'TCP',
  ),
  detect: withDefault(detectSchema, {}),
  noRoute: withDefault(
    Type.Enum(['Close', 'Reset'], {
      type: 'string',
      description: 'What happens to a connection that no route takes.',
    }),
    'Close',
  ),
  timeouts: withDefault(timeoutsSchema, {}),
  proxyProtocol: withDefault(proxyProtocolSchema, {}),
  limits: withDefault(limitsSchema, {}),
};

function listenerObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'An open port.',
    [laterKeyword]: {
      tls: 'TLS termination',
      terminate: 'TLS termination',
      certificates: 'TLS termination',
      udp: 'UDP listeners',
      interface: 'binding to a network interface',
      sources: 'source filters on listeners',
    },
  });
}

/** ProxyListener.spec: a listener without its name, which Kubernetes keeps in the metadata. */
export const listenerSpecSchema = listenerObject(listenerSpecProperties);

/** An entry of `listeners:`. */
export const listenerSchema = listenerObject({
  name: nameSchema('Names the listener in routes, logs and metrics; unique among listeners.'),
  ...listenerSpecProperties,
});

/** A listener with every default in place. */
export type CompleteListener = Complete<typeof listenerSchema>;
