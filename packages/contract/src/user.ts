/** A user of the forward proxy: how the password is checked and which destinations are allowed. An entry of `users:`. */
import { type TProperties, Type } from 'typebox';
import { cidrSchema, hostPatternSchema, textSchema } from './field-schemas.ts';
import { type Complete, laterKeyword } from './schema-keywords.ts';

const passwordSchema = Type.Object(
  {
    scrypt: textSchema('A PHC string: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding.', {
      format: 'scrypt-verifier',
      maxLength: 256,
      pattern: '^\\$scrypt\\$ln=[0-9]{1,2},r=[0-9]{1,2},p=[0-9]{1,2}\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+$',
    }),
  },
  {
    additionalProperties: false,
    description: 'The verifier of the password, never the password.',
    writeOnly: true,
    [laterKeyword]: {
      argon2id: 'argon2id verifiers',
      argon2: 'argon2id verifiers',
      bcrypt: 'bcrypt verifiers',
      secretRef: 'passwords from Kubernetes Secrets',
      secretKeyRef: 'passwords from Kubernetes Secrets',
      valueFrom: 'passwords from Kubernetes Secrets',
      secret: 'passwords from Kubernetes Secrets',
      file: 'passwords from files',
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

const userSpecProperties = {
  password: passwordSchema,
  allow: Type.Optional(
    Type.Array(allowRuleSchema, {
      maxItems: 256,
      description:
        'Destinations allowed, by the first rule that matches; absent: every public destination; an empty list: none.',
    }),
  ),
};

function userObject<Properties extends TProperties>(
  properties: Properties,
): ReturnType<typeof Type.Object<Properties>> {
  return Type.Object(properties, {
    additionalProperties: false,
    description: 'Who may use the forward proxy.',
    [laterKeyword]: {
      groups: 'groups of users',
      deny: 'deny rules',
      quota: 'quotas',
      limits: 'limits for each user',
      bandwidth: 'limits on bandwidth',
      expires: 'users that expire',
      onRevoke: 'withdrawing permissions from open connections',
      credentials: 'several credentials for each user',
      passwords: 'several credentials for each user',
      publicKeys: 'public key authentication',
      certificates: 'client certificates',
    },
  });
}

/** ProxyUser.spec: a user without the name, which Kubernetes keeps in the metadata. */
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

/** A user with every default in place. */
export type CompleteUser = Complete<typeof userSchema>;
