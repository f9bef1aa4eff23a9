/**
 * A schema of the contract, compiled once into what reading needs: known keys as a map, formats as functions, defaults as
 * values. Fails at load for a schema that uses a word this does not know, so none is silently not enforced.
 */
import { elsewhereKeyword, laterKeyword, type LaterNames } from '@sluice/contract/schema-keywords.ts';
import { type TextFormat, textFormats } from '@sluice/contract/text-format.ts';
import type { TextResult } from '@sluice/contract/text-result.ts';

export type SchemaPlan = ObjectPlan | ListPlan | TextPlan | EnumPlan | IntegerPlan | BooleanPlan;

export interface ObjectPlan {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, FieldPlan>;
  readonly later: LaterNames;
  /** Keys that only the resource in Kubernetes has, with what to write instead. */
  readonly elsewhere: LaterNames;
  /** What stands in its place must not be repeated in a message. */
  readonly isSecret: boolean;
}

export interface FieldPlan {
  readonly name: string;
  readonly plan: SchemaPlan;
  readonly isRequired: boolean;
  readonly description: string;
  /** What is in its place when absent; undefined: nothing. */
  readonly defaultValue: unknown;
}

export interface ListPlan {
  readonly kind: 'list';
  readonly item: SchemaPlan;
  readonly minItems: number;
  readonly maxItems: number;
}

export interface TextPlan {
  readonly kind: 'text';
  readonly maxLength: number;
  readonly check: (text: string) => TextResult<unknown>;
  readonly mayBeEmpty: boolean;
  /** Never repeated in a message. */
  readonly isSecret: boolean;
}

export interface EnumPlan {
  readonly kind: 'enum';
  readonly values: readonly string[];
  readonly later: LaterNames;
}

export interface IntegerPlan {
  readonly kind: 'integer';
  readonly minimum: number;
  readonly maximum: number;
}

export interface BooleanPlan {
  readonly kind: 'boolean';
}

/** The JSON Schema words of the contract's schemas. */
interface SchemaWords {
  readonly type: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaWords>>;
  readonly required?: readonly string[];
  readonly items?: SchemaWords;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly writeOnly?: boolean;
  readonly [laterKeyword]?: LaterNames;
  readonly [elsewhereKeyword]?: LaterNames;
}

/** A schema of the contract that cannot be enforced: a mistake in the contract, found when the proxy loads. */
class SchemaPlanError extends Error {
  override readonly name = 'SchemaPlanError';
  readonly code = 'SchemaPlan';
}

/** The plan of a schema made with packages/contract; throws SchemaPlanError for any other. */
export function planSchema(schema: object): SchemaPlan {
  // The schemas are plain JSON Schema objects; every word read below is checked before use.
  return planOf(schema as SchemaWords, false);
}

function planOf(words: SchemaWords, isSecret: boolean): SchemaPlan {
  if (words.enum !== undefined) return { kind: 'enum', values: words.enum, later: words[laterKeyword] ?? {} };
  switch (words.type) {
    case 'object':
      return planObject(words, isSecret || words.writeOnly === true);
    case 'array':
      return planList(words, isSecret);
    case 'string':
      return {
        kind: 'text',
        maxLength: bound(words.maxLength),
        mayBeEmpty: bound(words.minLength) === 0,
        check: formatOf(words),
        isSecret,
      };
    case 'integer':
      return { kind: 'integer', minimum: bound(words.minimum), maximum: bound(words.maximum) };
    case 'boolean':
      return { kind: 'boolean' };
    default:
      throw new SchemaPlanError(`cannot read fields of type ${words.type}`);
  }
}

function bound(value: number | undefined): number {
  if (value === undefined) throw new SchemaPlanError('a string, list or number without a bound');
  return value;
}

function formatOf(words: SchemaWords): TextPlan['check'] {
  const format = words.format ?? '';
  if (!isTextFormat(format)) throw new SchemaPlanError(`a string of unknown format ${format}`);
  return textFormats[format];
}

function isTextFormat(format: string): format is TextFormat {
  return Object.hasOwn(textFormats, format);
}

function planList(words: SchemaWords, isSecret: boolean): ListPlan {
  if (words.items === undefined) throw new SchemaPlanError('a list without a schema for its items');
  return {
    kind: 'list',
    item: planOf(words.items, isSecret),
    minItems: words.minItems ?? 0,
    maxItems: bound(words.maxItems),
  };
}

function planObject(words: SchemaWords, isSecret: boolean): ObjectPlan {
  const required = new Set(words.required);
  const fields = new Map<string, FieldPlan>();
  for (const [name, field] of Object.entries(words.properties ?? {})) {
    const plan = planOf(field, isSecret);
    const defaultValue = field.default === undefined ? undefined : completeDefault(plan, field.default);
    fields.set(name, {
      name,
      plan,
      isRequired: required.has(name),
      description: field.description ?? '',
      defaultValue,
    });
  }
  return {
    kind: 'object',
    fields,
    later: words[laterKeyword] ?? {},
    elsewhere: words[elsewhereKeyword] ?? {},
    isSecret,
  };
}

/** A default may itself leave fields out: `{}` takes all of theirs. */
function completeDefault(plan: SchemaPlan, value: unknown): unknown {
  if (plan.kind !== 'object') return value;
  const complete: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  for (const field of plan.fields.values()) {
    if (!Object.hasOwn(complete, field.name) && field.defaultValue !== undefined)
      complete[field.name] = field.defaultValue;
  }
  return complete;
}
