/**
 * A user of the forward proxy: how passwords are checked, which destinations are allowed, how much at once. An entry of
 * `users:` is ProxyUser.spec plus its name; only there may a verifier be in a Secret, which the operator reads. What holds between
 * the fields is in user-rules.ts.
 */
import { type TArray, type TProperties, type TSchema, Type } from 'typebox';
import { cidrSchema, dnsSubdomainSchema, hostPatternSchema, textSchema } from './field-schemas.ts';
import { type Complete, elsewhereKeyword, laterKeyword, withDefault } from './schema-keywords.ts';
import { timestampPattern } from './timestamp.ts';

const laterSecrets = { file: 'passwords from files' };

const secretRemedy =
  'write a verifier, as sluice hash-password prints it; only a ProxyUser in Kubernetes names a Secret';
const secretsElsewhere = {
  secretRef: secretRemedy,
  secretKeyRef: secretRemedy,
  valueFrom: secretRemedy,
  secret: secretRemedy,
};

/** Of which exactly one is given (user-rules.ts): a structural schema has no unions. */
const verifierProperties = {
  scrypt: Type.Optional(
    textSchema('A PHC string: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding.', {
      format: 'scrypt-verifier',
      maxLength: 256,
      pattern:
        '^\\$scrypt\\$ln=(0?[1-9]|1[0-7]),r=(0?[1-9]|[12][0-9]|3[0-2]),p=(0?[1-9]|1[0-6])\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{22,86}$',
    }),
  ),
  argon2id: Type.Optional(
    textSchema('A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, base64 without padding.', {
      format: 'argon2id-verifier',
      maxLength: 256,
      pattern:
        '^\\$argon2id\\$v=19\\$m=[0-9]{1,6},t=(0?[1-9]|10),p=[1-8]\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{22,86}$',
    }),
  ),
  bcrypt: Type.Optional(
    textSchema("bcrypt's own form: `$2b$12$` and 53 characters; of the password its first 72 bytes count.", {
      format: 'bcrypt-verifier',
      maxLength: 60,
      pattern: '^\\$2[aby]\\$(0[4-9]|1[0-4])\\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$',
    }),
  ),
};

/** Of a Secret in the namespace of the ProxyUser. */
const secretRefProperty = {
  secretRef: Type.Optional(
    Type.Object(
      {
        name: dnsSubdomainSchema('The name of the Secret, in the namespace of the user.'),
        key: withDefault(
          textSchema('The key of the Secret that holds the password or a verifier of it.', {
            format: 'secret-key',
            maxLength: 253,
            pattern: '^[-._a-zA-Z0-9]+$',
          }),
          'password',
        ),
      },
      {
        additionalProperties: false,
        description: 'A Secret that holds the password, which is hashed before it is stored, or a verifier.',
      },
    ),
  ),
};

function passwordObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'The verifier of the password, never the password; exactly one of its keys.',
    writeOnly: true,
    [laterKeyword]: laterSecrets,
    [elsewhereKeyword]: secretsElsewhere,
  });
}

const notAfterProperty = {
  notAfter: Type.Optional(
    textSchema('From this moment on the credential is refused; absent: never.', {
      format: 'timestamp',
      maxLength: 35,
      pattern: timestampPattern,
    }),
  ),
};

function credentialObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'A verifier, exactly one, and how long it is good.',
    writeOnly: true,
    [laterKeyword]: { ...laterSecrets, notBefore: 'credentials that begin later' },
    [elsewhereKeyword]: secretsElsewhere,
  });
}

export const quotaSchema = Type.Object(
  {
    connections: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Tunnels at once through one proxy; one more is refused with reason LimitReached.',
    }),
  },
  {
    additionalProperties: false,
    description: 'Limits of one user.',
    [laterKeyword]: {
      bytes: 'limits on bandwidth',
      bandwidth: 'limits on bandwidth',
      bytesPerSecond: 'limits on bandwidth',
      connectionsPerSecond: 'limits on the rate of connections',
    },
  },
);

const allowRuleSchema = Type.Object(
  {
    domains: Type.Optional(
      Type.Array(hostPatternSchema('A host name, or `*.example.com` for one label or more before it.'), {
        minItems: 1,
        maxItems: 1024,
        description: 'Names asked for, of which one must match.',
      }),
    ),
    cidrs: Type.Optional(
      Type.Array(cidrSchema('A network.'), {
        minItems: 1,
        maxItems: 1024,
        description:
          'Networks of which one must hold the address dialled; only so are private and loopback addresses reached.',
      }),
    ),
    ports: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65_535, description: 'A port.' }), {
        minItems: 1,
        maxItems: 1024,
        description: 'Ports allowed; absent: all.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'A rule; every field given must hold.',
    [laterKeyword]: {
      portRanges: 'ranges of ports',
      protocols: 'rules by protocol',
      schedule: 'rules by time',
      deny: 'deny rules',
      action: 'deny rules',
    },
  },
);

const commonProperties = {
  allow: Type.Optional(
    Type.Array(allowRuleSchema, {
      maxItems: 256,
      description:
        'Destinations allowed, by the first rule that matches; absent: every public destination; an empty list: none.',
    }),
  ),
  quota: Type.Optional(quotaSchema),
  onRevoke: withDefault(
    Type.Enum(['Keep', 'Disconnect'], {
      type: 'string',
      description:
        'What becomes of open tunnels when the user, its last good credential or the permission for their destination is withdrawn.',
    }),
    'Keep',
  ),
};

function credentialList<Credential extends TSchema>(credential: Credential): TArray<Credential> {
  return Type.Array(credential, {
    maxItems: 8,
    description:
      'Verifiers beside `password`, of which any may match: for rotation. An empty list without `password` lets nobody in.',
  });
}

function userObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'Who may use the forward proxy.',
    [laterKeyword]: {
      groups: 'groups of users',
      deny: 'deny rules',
      limits: 'limits for each user',
      bandwidth: 'limits on bandwidth',
      expires: 'users that expire',
      publicKeys: 'public key authentication',
      certificates: 'client certificates',
    },
  });
}

const userSpecProperties = {
  password: Type.Optional(passwordObject(verifierProperties)),
  credentials: Type.Optional(credentialList(credentialObject({ ...verifierProperties, ...notAfterProperty }))),
  ...commonProperties,
};

/** A user without the name, as it is published. */
export const userSpecSchema = userObject(userSpecProperties);

/** An entry of `users:`. */
export const userSchema = userObject({
  name: textSchema('The name the client gives; unique among users.', {
    format: 'user-name',
    maxLength: 255,
    pattern: '^[^:]+$',
  }),
  ...userSpecProperties,
});

/** ProxyUser.spec: a user without the name, which Kubernetes keeps in the metadata, and with Secrets. */
export const proxyUserSpecSchema = userObject({
  password: Type.Optional(passwordObject({ ...verifierProperties, ...secretRefProperty })),
  credentials: Type.Optional(
    credentialList(credentialObject({ ...verifierProperties, ...secretRefProperty, ...notAfterProperty })),
  ),
  ...commonProperties,
});

/** A user with every default in place. */
export type CompleteUser = Complete<typeof userSchema>;

/** As the API server hands it out: it has put the defaults in place. */
export type ProxyUserSpec = Complete<typeof proxyUserSpecSchema>;
