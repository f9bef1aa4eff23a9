/** Live configuration: where a proxy takes users, routes and listeners from while it runs. `control:` in sluice.yaml. */
import { type TString, Type } from 'typebox';
import { durationSchema, textSchema } from './field-schemas.ts';
import { natsUrlPattern } from './nats-url.ts';
import { type Complete, laterKeyword, withDefault } from './schema-keywords.ts';

function pathSchema(description: string): TString {
  return textSchema(description, { format: 'file-path', maxLength: 4096, pattern: '^[^\\x00-\\x1f\\x7f]+$' });
}

const tlsSchema = Type.Object(
  {
    caFile: Type.Optional(pathSchema('Certification authorities in PEM; absent: those of the system.')),
    certFile: Type.Optional(pathSchema('The client certificate in PEM.')),
    keyFile: Type.Optional(pathSchema('The key of the client certificate in PEM.')),
  },
  { additionalProperties: false, description: 'TLS towards NATS; read again for each connection.' },
);

const natsSchema = Type.Object(
  {
    servers: Type.Array(
      textSchema('A server of the cluster.', { format: 'nats-url', maxLength: 512, pattern: natsUrlPattern }),
      { minItems: 1, maxItems: 64, description: 'Servers, in any order.' },
    ),
    credentialsFile: Type.Optional(pathSchema('A JWT and its seed, as nsc writes them.')),
    nkeySeedFile: Type.Optional(pathSchema('An NKey seed.')),
    inbox: Type.Optional(
      textSchema(
        'Where the server may answer, `_INBOX_` and this: proxies that share a key share one; absent: the name of the proxy.',
        {
          format: 'proxy-id',
          maxLength: 128,
          pattern: '^[A-Za-z0-9_-]+$',
        },
      ),
    ),
    tls: Type.Optional(tlsSchema),
  },
  {
    additionalProperties: false,
    description: 'The NATS servers that carry the configuration.',
    [laterKeyword]: {
      user: 'passwords for NATS',
      password: 'passwords for NATS',
      token: 'tokens for NATS',
      bucket: 'choosing the name of the bucket',
    },
  },
);

export const controlSchema = Type.Object(
  {
    name: Type.Optional(
      textSchema('The proxy in acknowledgements, unique among proxies; absent: the name of the host, made safe.', {
        format: 'proxy-id',
        maxLength: 128,
        pattern: '^[A-Za-z0-9_-]+$',
      }),
    ),
    nats: Type.Optional(natsSchema),
    ranges: withDefault(
      Type.Array(
        Type.Enum(['Users', 'Routing'], {
          type: 'string',
          description: '`Users`: from the state service; `Routing`: routes and listeners.',
        }),
        { minItems: 1, maxItems: 2, description: 'What is live; the proxy is not ready before it has each of them.' },
      ),
      ['Users', 'Routing'],
    ),
    stateDirectory: Type.Optional(
      pathSchema('Where the last good configuration is kept; absent: nowhere, and a start needs NATS.'),
    ),
    ackKeyFile: Type.Optional(
      pathSchema(
        'The key that acknowledgements are signed with, shared with the publishers; absent: they are not signed.',
      ),
    ),
    startTimeout: withDefault(
      durationSchema('How long a start without a last good configuration waits before the file alone is served.'),
      '30s',
    ),
  },
  {
    additionalProperties: false,
    description: 'Live configuration, beside what the file has; the file wins where both name the same.',
  },
);

export type CompleteControl = Complete<typeof controlSchema>;
