/**
 * A schema of this package as a structural schema of apiextensions.k8s.io/v1: OpenAPI v3 with bounds, defaults, sentences and CEL.
 * Fails for a word it does not know, so that nothing is silently not enforced. Pure.
 */
import { elsewhereKeyword, laterKeyword } from '../schema-keywords.ts';
import type { TextFormat } from '../text-format.ts';
import type { CelRule } from './cel-rule.ts';
import { formatRules } from './format-rules.ts';
import type { RulesByPath } from './object-rules.ts';

export interface StructuralSchema {
  readonly type: string;
  readonly description: string;
  readonly [word: string]: unknown;
}

/** The JSON Schema words of this package's schemas. */
interface SchemaWords {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaWords>>;
  readonly items?: SchemaWords;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly [word: string]: unknown;
}

class UnknownWordError extends Error {
  override readonly name = 'UnknownWordError';
  readonly code = 'UnknownSchemaWord';
}

const copied = [
  'type',
  'default',
  'enum',
  'pattern',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
];
const bounds = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'];
/** Of our own readers, of other consumers, or translated below. Unknown fields are dropped by the API server, which warns or refuses. */
const left = [
  ...['additionalProperties', 'writeOnly', 'format', 'description', 'properties', 'items'],
  ...[laterKeyword, elsewhereKeyword],
];
const known = new Set([...copied, ...bounds, ...left]);

/** Formats that the API server knows too; it ignores others, with a warning. */
const serverFormats: Readonly<Record<string, string>> = {
  timestamp: 'date-time',
  'date-time': 'date-time',
  int64: 'int64',
};

/** What a format means, where the sentence of a field does not say it. */
const formatSentences: Readonly<Record<string, string>> = {
  'positive-duration': 'A duration of 1ms to 576h, such as 500ms, 3s or 1h30m.',
  'duration-or-none': 'A duration of 576h at most, such as 500ms, 3s or 1h30m.',
  cidr: 'In CIDR notation without host bits, such as 10.0.0.0/8 or 2001:db8::/32.',
  timestamp: 'As RFC 3339 has it: 2027-01-31T12:00:00Z.',
};

/** Items of a list of lists are too many for the budget of CEL. */
const mostItemsWithRules = 1024;

interface Place {
  readonly path: string;
  /** How many such values one object can have. */
  readonly most: number;
}

/** `path` is where the schema stands in the object: `spec` or `status`. */
export function structuralSchema(schema: object, path: string, rules: RulesByPath): StructuralSchema {
  // Schemas are plain objects; every word is looked at.
  return translate(schema as SchemaWords, { path, most: 1 }, rules);
}

function translate(schema: SchemaWords, { path, most }: Place, rules: RulesByPath): StructuralSchema {
  for (const word of Object.keys(schema))
    if (!known.has(word)) throw new UnknownWordError(`${path}: no structural schema has the word ${word}`);
  const { properties, items, format = '' } = schema;
  const validations = [...(rules[path] ?? []), ...rulesOfFormat(format, most)];
  return {
    ...pick(schema, ['type']),
    type: schema.type,
    description: describe(schema),
    ...pick(schema, copied.slice(1)),
    ...pick(schema, bounds),
    ...(serverFormats[format] === undefined ? {} : { format: serverFormats[format] }),
    ...mergeWords(schema, { path, most }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, field]) => [
              key,
              translate(field, { path: `${path}.${key}`, most }, rules),
            ]),
          ),
        }),
    ...(items === undefined
      ? {}
      : { items: translate(items, { path: `${path}[]`, most: most * (schema.maxItems ?? 1) }, rules) }),
    ...(validations.length === 0 ? {} : { 'x-kubernetes-validations': validations }),
  };
}

/**
 * How server-side apply merges. Of a map that is applied empty it makes null, which is no map, unless a default takes its place: so a
 * map that may be empty and has no default goes in and out as a whole. Items of lists do anyway.
 */
function mergeWords(schema: SchemaWords, { path, most }: Place): Readonly<Record<string, unknown>> {
  if (schema.type === 'array') return { 'x-kubernetes-list-type': schema['x-kubernetes-list-type'] ?? 'atomic' };
  const mayBeEmpty = schema.properties !== undefined && schema['required'] === undefined;
  const isAtomic = mayBeEmpty && schema.default === undefined && most === 1 && path !== 'spec';
  return isAtomic ? { 'x-kubernetes-map-type': 'atomic' } : {};
}

function pick(schema: SchemaWords, words: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(words.flatMap((word) => (schema[word] === undefined ? [] : [[word, schema[word]]])));
}

function rulesOfFormat(format: string, most: number): readonly CelRule[] {
  return most > mostItemsWithRules ? [] : (formatRules[format as TextFormat] ?? []);
}

/** kubectl explain shows neither bounds nor defaults: the sentences do. */
function describe({ description, ...schema }: SchemaWords): string {
  const sentences = [description.replaceAll('`', '')];
  const { format = '', minimum, maximum, maxItems, default: value } = schema;
  const ofFormat = formatSentences[format];
  if (ofFormat !== undefined) sentences.push(ofFormat);
  if (schema.type === 'integer' && maximum !== undefined) sentences.push(`From ${minimum} to ${maximum}.`);
  if (maxItems !== undefined) sentences.push(`At most ${maxItems} items.`);
  if (Array.isArray(value)) sentences.push(`Default: [${value.join(', ')}].`);
  else if (typeof value === 'string') sentences.push(`Default: ${value}.`);
  else if (typeof value === 'number' || typeof value === 'boolean') sentences.push(`Default: ${value}.`);
  return sentences.join(' ');
}
