/**
 * What publishers and proxies say to each other through the configuration bucket and the acknowledgement subjects: entries,
 * heads and acknowledgements, JSON in UTF-8. An entry takes effect only with a head that counts it in: a proxy gathers
 * entries and applies them when a head comes whose digest they give. Both sides check what they read.
 */
import { type Static, Type } from 'typebox';
import { configRanges } from './config-key.ts';

const version = Type.Literal(1);
/** Fences publishers of one range: a higher one has taken over, and what a lower one says after that counts for nothing. */
const epoch = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** Grows with each batch of changes of a range, over all epochs. */
const revision = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const generation = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const digest = Type.String({ pattern: '^[0-9a-f]{64}$' });
const range = Type.Enum([...configRanges]);
const timestamp = Type.String({ minLength: 20, maxLength: 30 });
const closed = { additionalProperties: false } as const;

/** The value under a resource's key. `spec` null: the resource was deleted, which `generation` orders like any change. */
export const configEntrySchema = Type.Object(
  {
    v: version,
    kind: Type.Enum(['User', 'Route', 'Listener']),
    name: Type.String({ minLength: 1, maxLength: 255 }),
    epoch,
    generation,
    spec: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())]),
  },
  closed,
);
export type ConfigEntry = Static<typeof configEntrySchema>;

/**
 * The digest of a head that confirms nothing: its publisher takes the range over, and what is in the bucket may be anything (a
 * restored backup, half a batch). No sum of hashes is expected ever to be this.
 */
export const unconfirmedDigest = 'f'.repeat(64);

/** A compressed copy of a whole range, for ranges too large to be watched from their beginning. */
export const snapshotReferenceSchema = Type.Object(
  {
    object: Type.String({ minLength: 1, maxLength: 255 }),
    /** Stream sequence of the bucket that the copy includes: a watch goes on behind it. */
    sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    sha256: digest,
    bytes: Type.Integer({ minimum: 0, maximum: 2 ** 40 }),
  },
  closed,
);
export type SnapshotReference = Static<typeof snapshotReferenceSchema>;

/** The value under `head.<range>`; written after the entries it counts in, and every two seconds. */
export const configHeadSchema = Type.Object(
  {
    v: version,
    range,
    epoch,
    revision,
    /** Of the live entries of the range (deleted ones do not count). */
    digest,
    count: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
    publisher: Type.String({ minLength: 1, maxLength: 255 }),
    at: timestamp,
    snapshot: Type.Optional(snapshotReferenceSchema),
  },
  closed,
);
export type ConfigHead = Static<typeof configHeadSchema>;

export const configRejectionSchema = Type.Object(
  {
    key: Type.String({ minLength: 1, maxLength: 800 }),
    generation,
    reason: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  closed,
);
export type ConfigRejection = Static<typeof configRejectionSchema>;

/** Rejections that one acknowledgement spells out; `rejectedCount` has them all. */
export const maxRejectionsInAck = 100;
/** Those of the rest that it marks. */
export const maxMarkedRejections = 10_000;

/**
 * What a proxy says on `sluice.ack.<proxy>` after each revision it applied, and every ten seconds. Of epoch 0 it has nothing in force
 * yet, and believes what a head said.
 */
export const configAckSchema = Type.Object(
  {
    v: version,
    proxy: Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' }),
    /** Of this run of the process. */
    instance: Type.String({ minLength: 1, maxLength: 64 }),
    range,
    epoch: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    revision,
    digest,
    /** The last head it believed, where that is later than what is in force: it will believe no earlier one. */
    believed: Type.Optional(Type.Object({ epoch, revision }, closed)),
    appliedAt: timestamp,
    rejected: Type.Array(configRejectionSchema, { maxItems: maxRejectionsInAck }),
    rejectedCount: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
    /** Rejections that are not spelled out: eight characters of base64 each, of SHA-256(key, NUL, generation in decimal). */
    rejectedToo: Type.Optional(Type.String({ pattern: '^([A-Za-z0-9+/]{8})*$', maxLength: 8 * maxMarkedRejections })),
    /** The last word of this run: the proxy ends, and is not to be counted any more. */
    leaves: Type.Optional(Type.Literal(true)),
    /** HMAC-SHA-256 in hex over the other fields, with the key that proxies and publishers share; empty without one. */
    token: Type.String({ maxLength: 64 }),
  },
  closed,
);
export type ConfigAck = Static<typeof configAckSchema>;
