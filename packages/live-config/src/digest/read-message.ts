/**
 * Reads and writes what travels on the bus. Reading checks everything and never throws: what is no message of this version is
 * null, and the caller counts it. Invariant: an entry that was read belongs to the key it came under.
 */
import {
  type ConfigAck,
  type ConfigHead,
  configAckSchema,
  configEntrySchema,
  configHeadSchema,
} from '@sluice/contract/config-message.ts';
import { type ConfigRange, parseResourceKey, rangeOf } from '@sluice/contract/config-key.ts';
import { Compile } from 'typebox/compile';
import { canonicalJson } from './canonical-json.ts';
import { entryHash } from './entry-hash.ts';

const maxMessageBytes = 1 << 20;
const entryCheck = Compile(configEntrySchema);
const headCheck = Compile(configHeadSchema);
const ackCheck = Compile(configAckSchema);
const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();
const noHash = new Uint8Array(0);

/** An entry as both sides handle it: its spec as canonical text. */
export interface ReadEntry {
  readonly key: string;
  readonly epoch: number;
  readonly generation: number;
  readonly isLive: boolean;
  /** null: deleted. */
  readonly specText: string | null;
  /** Empty if deleted. */
  readonly hash: Uint8Array;
}

export function makeEntry(key: string, fields: Pick<ReadEntry, 'epoch' | 'generation' | 'specText'>): ReadEntry {
  const { epoch, generation, specText } = fields;
  const hash = specText === null ? noHash : entryHash(key, generation, specText);
  return { key, epoch, generation, isLive: specText !== null, specText, hash };
}

/** null: not an entry of this range under its own key. */
export function readEntry(range: ConfigRange, key: string, value: Uint8Array): ReadEntry | null {
  const message = parse(value);
  if (!entryCheck.Check(message)) return null;
  const named = parseResourceKey(key);
  if (named === null || rangeOf(named.kind) !== range) return null;
  if (named.kind !== message.kind || named.name !== message.name) return null;
  try {
    const specText = message.spec === null ? null : canonicalJson(message.spec);
    return makeEntry(key, { epoch: message.epoch, generation: message.generation, specText });
  } catch {
    return null; // nested too deep
  }
}

/** The key must be one that `resourceKey` wrote. */
export function writeEntry({ key, epoch, generation, specText }: ReadEntry): Uint8Array {
  const named = parseResourceKey(key);
  if (named === null) throw new TypeError(`${key} is no key of a resource (make it with resourceKey)`);
  const { kind, name } = named;
  const rest = JSON.stringify({ v: 1, kind, name, epoch, generation });
  // The text is JSON already: to parse it only to write it again would cost more than everything else here.
  return encoder.encode(`${rest.slice(0, -1)},"spec":${specText ?? 'null'}}`);
}

export function readHead(range: ConfigRange, value: Uint8Array): ConfigHead | null {
  const message = parse(value);
  return headCheck.Check(message) && message.range === range ? message : null;
}

export function readAck(value: Uint8Array): ConfigAck | null {
  const message = parse(value);
  return ackCheck.Check(message) ? message : null;
}

export function writeMessage(message: ConfigHead | ConfigAck): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

function parse(value: Uint8Array): unknown {
  if (value.byteLength > maxMessageBytes) return undefined;
  try {
    return JSON.parse(decoder.decode(value));
  } catch {
    return undefined;
  }
}
