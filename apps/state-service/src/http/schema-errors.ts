/**
 * What is wrong with a value, judged by one of the contract's schemas: every field with a JSON pointer, in words, with the
 * remedy. Says more than a validator does: the known key that was probably meant, keys that later versions will know, and the
 * reason of a text that has the right shape and still means nothing. Pure. No message repeats a value: it may be a secret.
 */
import { laterKeyword } from '@sluice/contract/schema-keywords.ts';
import type { FieldError } from '@sluice/contract/state-api/problem.ts';
import { type TextFormat, textFormats } from '@sluice/contract/text-format.ts';
import type { TSchema } from 'typebox';
import { nearestKey } from './nearest-key.ts';

/** The words of JSON Schema that the contract uses. */
interface JudgedSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JudgedSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JudgedSchema;
  readonly anyOf?: readonly JudgedSchema[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [laterKeyword]?: Readonly<Record<string, string>>;
}

type Finding = Omit<FieldError, 'in'>;

const maxFieldErrors = 100;
const maxShownKeyLength = 64;

/** The first hundred findings; none for a value that fits. */
export function schemaErrors(schema: TSchema, value: unknown): readonly Finding[] {
  const found: Finding[] = [];
  // The contract's schemas use these words only; request-validator.ts asks a full validator too.
  judge(schema, value, { pointer: '', found });
  return found;
}

interface Place {
  readonly pointer: string;
  readonly found: Finding[];
}

function report({ pointer, found }: Place, detail: string, remedy?: string): void {
  if (found.length < maxFieldErrors) found.push({ pointer, detail, ...(remedy === undefined ? {} : { remedy }) });
}

function below(place: Place, step: string | number): Place {
  const token = String(step).slice(0, maxShownKeyLength).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');
  return { pointer: `${place.pointer}/${token}`, found: place.found };
}

type Judge = (schema: JudgedSchema, value: unknown, place: Place) => void;

const judges: Readonly<Record<string, Judge>> = {
  object: judgeObject,
  array: judgeArray,
  string: judgeText,
  integer: judgeInteger,
  boolean(_schema, value, place) {
    if (typeof value !== 'boolean') report(place, `is ${nameOf(value)}`, 'use true or false');
  },
  null(_schema, value, place) {
    if (value !== null) report(place, `is ${nameOf(value)}`, 'use null');
  },
};

function judge(schema: JudgedSchema, value: unknown, place: Place): void {
  if (schema.anyOf !== undefined) {
    // Here only "this or null": merge patches remove with null.
    const branch = schema.anyOf.find(({ type }) => (type === 'null') === (value === null)) ?? schema.anyOf[0];
    if (branch !== undefined) judge(branch, value, place);
  } else if (schema.enum !== undefined) {
    if (!schema.enum.includes(value)) report(place, 'is not a value allowed here', `use ${listed(schema.enum)}`);
  } else if (schema.type !== undefined) {
    judges[schema.type]?.(schema, value, place);
  }
}

function judgeObject(schema: JudgedSchema, value: unknown, place: Place): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(place, `is ${nameOf(value)}`, 'use an object');
    return;
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) report(below(place, key), 'is required', `give ${key}`);
  }
  for (const [key, entry] of Object.entries(value)) {
    judgeEntry(schema, { key, entry }, below(place, key));
    if (place.found.length >= maxFieldErrors) return;
  }
}

function judgeEntry(
  schema: JudgedSchema,
  { key, entry }: { readonly key: string; readonly entry: unknown },
  place: Place,
): void {
  const properties = schema.properties ?? {};
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (property !== undefined) judge(property, entry, place);
  else if (schema.additionalProperties === false) reportUnknownKey(schema, key, place);
}

function reportUnknownKey(schema: JudgedSchema, key: string, place: Place): void {
  const later = schema[laterKeyword] ?? {};
  if (Object.hasOwn(later, key)) {
    report(place, `is not supported yet: ${later[key] ?? ''}`, 'leave it out');
    return;
  }
  const known = Object.keys(schema.properties ?? {});
  const meant = nearestKey(key, known);
  const remedy = meant === null ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
  report(place, 'is not a known key', remedy);
}

function judgeArray(schema: JudgedSchema, value: unknown, place: Place): void {
  if (!Array.isArray(value)) {
    report(place, `is ${nameOf(value)}`, 'use a list');
    return;
  }
  const { minItems = 0, maxItems = Infinity, items } = schema;
  if (value.length < minItems) report(place, `has ${value.length} items`, `give at least ${minItems}, or leave it out`);
  if (value.length > maxItems) {
    report(place, `has ${value.length} items`, `give at most ${maxItems}`);
    return;
  }
  if (schema.uniqueItems === true && new Set(value).size < value.length)
    report(place, 'has an item twice', 'give it once');
  for (const [index, item] of value.entries()) {
    if (items !== undefined) judge(items, item, below(place, index));
    if (place.found.length >= maxFieldErrors) return;
  }
}

function judgeText(schema: JudgedSchema, value: unknown, place: Place): void {
  if (typeof value !== 'string') {
    report(place, `is ${nameOf(value)}`, 'use a string');
    return;
  }
  const { minLength = 0, maxLength = Infinity } = schema;
  if (value.length < minLength) {
    report(place, value === '' ? 'is empty' : 'is too short', `give at least ${minLength} characters`);
  } else if (value.length > maxLength) {
    report(place, `has ${value.length} characters`, `give at most ${maxLength}`);
  } else if (!value.isWellFormed() || value.includes('\0')) {
    report(place, 'has a character that is not text (a NUL or half a surrogate pair)', 'leave it out');
  } else {
    judgeForm(schema, value, place);
  }
}

/** The format says in words what the pattern only hints at; a format of our own implies its pattern. */
function judgeForm({ format, pattern }: JudgedSchema, value: string, place: Place): void {
  if (format !== undefined && isTextFormat(format)) {
    const read = textFormats[format](value);
    if (read.kind === 'invalid') report(place, read.message, read.remedy);
  } else if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) {
    report(place, 'does not have the form expected here', `write what fits ${pattern}`);
  }
}

function judgeInteger(schema: JudgedSchema, value: unknown, place: Place): void {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (typeof value !== 'number') report(place, `is ${nameOf(value)}`, 'use a whole number');
  else if (!Number.isSafeInteger(value)) report(place, 'is not a whole number', 'use a whole number');
  else if (value < minimum || value > maximum) report(place, 'is out of range', `use ${minimum} to ${maximum}`);
}

function isTextFormat(format: string): format is TextFormat {
  return Object.hasOwn(textFormats, format);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function listed(values: readonly unknown[]): string {
  return values.map(String).join(', ');
}
