/**
 * Keys of the configuration bucket: one for each resource, and one head for each range of keys. A range has one publisher
 * at a time; permissions are given by range. Names hold characters that a key may not: they travel as `=XX`, byte by byte.
 */
import { utf8Length } from './text-measure.ts';

/** Who publishes what: `users` the state service, `routing` the operator or `sluice publish`. */
export const configRanges = ['users', 'routing'] as const;
export type ConfigRange = (typeof configRanges)[number];

export type ResourceKind = 'User' | 'Route' | 'Listener';

export interface ResourceKey {
  readonly kind: ResourceKind;
  readonly name: string;
}

const prefixes = { User: 'users', Route: 'routes', Listener: 'listeners' } as const satisfies Record<
  ResourceKind,
  string
>;
const kinds: Readonly<Record<string, ResourceKind>> = { users: 'User', routes: 'Route', listeners: 'Listener' };
const rangeKinds = { users: ['User'], routing: ['Listener', 'Route'] } as const satisfies Record<
  ConfigRange,
  readonly ResourceKind[]
>;
const literal = /^[A-Za-z0-9_-]$/;
const token = /^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/;
const maxNameBytes = 255;

/** The range a kind belongs to. */
export function rangeOf(kind: ResourceKind): ConfigRange {
  return kind === 'User' ? 'users' : 'routing';
}

/** `head.users`: the key under which the publisher of a range says which revision is in force. */
export function headKey(range: ConfigRange): string {
  return `head.${range}`;
}

/** What a watcher of a range filters for, its head included: `['head.users', 'users.>']`. */
export function rangeFilters(range: ConfigRange): readonly string[] {
  return [headKey(range), ...rangeKinds[range].map((kind) => `${prefixes[kind]}.>`)];
}

/** `users.al=2Eice` for the user `al.ice`. The name is 1 to 255 bytes of UTF-8. */
export function resourceKey({ kind, name }: ResourceKey): string {
  return `${prefixes[kind]}.${name.replaceAll(/./gsu, encodeCharacter)}`;
}

/** The resource a key names; null for a key this version does not write (a newer one may). */
export function parseResourceKey(key: string): ResourceKey | null {
  const dot = key.indexOf('.');
  const prefix = key.slice(0, dot);
  const kind = Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined;
  const encoded = key.slice(dot + 1);
  if (kind === undefined || !token.test(encoded)) return null;
  try {
    const name = decodeURIComponent(encoded.replaceAll('=', '%'));
    const isCanonical = resourceKey({ kind, name }) === key && utf8Length(name) <= maxNameBytes;
    return isCanonical ? { kind, name } : null;
  } catch {
    return null; // not UTF-8
  }
}

function encodeCharacter(character: string): string {
  if (literal.test(character)) return character;
  // encodeURIComponent leaves . ! ~ * ' ( ) as they are, which keys may not hold.
  const percent = encodeURIComponent(character);
  if (percent !== character) return percent.replaceAll('%', '=');
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
