/** The whole of `sluice.yaml`: the proxy's own settings and the resources it serves without a control plane. */
import { Type } from 'typebox';
import { controlSchema } from './control.ts';
import { bindAddressSchema, zoneSchema, mayBeEmpty } from './field-schemas.ts';
import { listenerSchema } from './listener.ts';
import { routeSchema } from './route.ts';
import { type Complete, laterKeyword, withDefault } from './schema-keywords.ts';
import { userSchema } from './user.ts';

const adminSchema = Type.Object(
  {
    enabled: withDefault(Type.Boolean({ description: 'Whether the admin listener is opened.' }), true),
    bind: withDefault(bindAddressSchema('An IP address and a port for the admin listener.'), '127.0.0.1:9900'),
  },
  {
    additionalProperties: false,
    description: 'Health, readiness, metrics and `/v1/` over HTTP.',
    [laterKeyword]: {
      tls: 'TLS on the admin listener',
      auth: 'authentication on the admin listener',
      tokens: 'authentication on the admin listener',
    },
  },
);

const logSchema = Type.Object(
  {
    level: withDefault(
      Type.Enum(['Debug', 'Info', 'Warn', 'Error'], {
        type: 'string',
        description: 'The least severity that is logged; `ready`, `reloaded`, `stopping` and `stopped` always are.',
      }),
      'Info',
    ),
    access: withDefault(Type.Boolean({ description: 'One line for each connection when it ends.' }), true),
  },
  {
    additionalProperties: false,
    description: 'Logging, as JSON lines on stdout.',
    [laterKeyword]: {
      format: 'other log formats',
      file: 'logging to files',
      sampling: 'sampling of the access log',
      fields: 'choosing log fields',
    },
  },
);

const packetDietSchema = Type.Object(
  {
    delayedAck: withDefault(
      Type.Boolean({ description: 'Hold back the ACK towards the upstream until the first bytes go.' }),
      true,
    ),
    coalesceFin: withDefault(Type.Boolean({ description: 'Send the last data and the FIN in one segment.' }), true),
    optimisticSend: withDefault(
      Type.Boolean({
        description: 'Send the first bytes right after connect where the upstream has answered fast before.',
      }),
      true,
    ),
  },
  { additionalProperties: false, description: 'Packets saved on each connection.' },
);

const datapathSchema = Type.Object(
  {
    mode: withDefault(
      Type.Enum(['Auto', 'InLoop', 'Workers', 'Handoff'], {
        type: 'string',
        description:
          'Where bytes are relayed: in the decision loop, in relay workers, or handed from one to the other; `Auto` goes by the CPUs.',
        [laterKeyword]: {
          XDP: 'the AF_XDP datapath',
          AFXDP: 'the AF_XDP datapath',
          PFRing: 'the PF_RING ZC datapath',
          PFRingZC: 'the PF_RING ZC datapath',
          IOUring: 'the io_uring datapath',
        },
      }),
      'Auto',
    ),
    workers: withDefault(
      Type.Integer({ minimum: 0, maximum: 63, description: 'Relay workers; 0 goes by the CPUs.' }),
      0,
    ),
    splice: withDefault(Type.Boolean({ description: 'Relay bulk data inside the kernel.' }), true),
    receiveLowWater: withDefault(
      Type.Boolean({ description: 'Wake up for bulk data only when much has come.' }),
      false,
    ),
    packetDiet: withDefault(packetDietSchema, {}),
  },
  { additionalProperties: false, description: 'How bytes move; read at start only.' },
);

export const sluiceConfigSchema = Type.Object(
  {
    admin: withDefault(adminSchema, {}),
    log: withDefault(logSchema, {}),
    datapath: withDefault(datapathSchema, {}),
    control: Type.Optional(controlSchema),
    zone: Type.Optional(
      // A variable that is set where zones are known, and empty elsewhere.
      mayBeEmpty(
        zoneSchema(
          'Where the proxy runs: of a route whose endpoints all name zones, those of its own zone are used; empty: not known.',
        ),
      ),
    ),
    listeners: withDefault(
      Type.Array(listenerSchema, { maxItems: 128, description: 'The open ports; may be left out beside `control`.' }),
      [],
    ),
    routes: withDefault(Type.Array(routeSchema, { maxItems: 200_000, description: 'Which connections go where.' }), []),
    users: withDefault(
      Type.Array(userSchema, { maxItems: 200_000, description: 'Who may use the forward proxy.' }),
      [],
    ),
  },
  {
    additionalProperties: false,
    description: 'The configuration of one proxy.',
    [laterKeyword]: {
      stateService: 'the state service',
      tls: 'TLS termination',
      certificates: 'TLS termination',
      resolver: 'resolver settings',
      dns: 'resolver settings',
      hosts: 'resolver settings',
      groups: 'groups of users',
      upstreams: 'shared upstreams',
      tracing: 'tracing',
      include: 'including other files',
    },
  },
);

/** A file with every default in place. */
export type CompleteSluiceConfig = Complete<typeof sluiceConfigSchema>;
