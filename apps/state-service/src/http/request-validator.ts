/**
 * The judge of each part of a request, made once for each route from its schema: texts of a path or query become the
 * numbers and truth values they stand for, and what is wrong comes as one problem with every field. Pure.
 */
import type { FieldError } from '@sluice/contract/state-api/problem.ts';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ProblemError } from './problem-error.ts';
import { schemaErrors } from './schema-errors.ts';

export type RequestPart = NonNullable<FieldError['in']>;
export type Validated = { readonly value: unknown } | { readonly error: ProblemError };

const integerText = /^-?(?:0|[1-9][0-9]{0,15})$/;

/** A function that gives the value as the handler sees it, or the problem. */
export function createRequestValidator(schema: TSchema, part: RequestPart): (value: unknown) => Validated {
  const compiled = Compile(schema);
  return (given) => {
    const value = part === 'body' ? given : withoutText(schema, given);
    const errors = findErrors(schema, value, part);
    if (errors.length > 0) return { error: invalidFields(errors) };
    // What the walk does not know of JSON Schema, the compiled schema does.
    if (compiled.Check(value)) return { value };
    return { error: invalidFields([{ in: part, pointer: '', detail: 'does not fit its schema' }]) };
  };
}

/** The problem that lists these fields. */
export function invalidFields(errors: readonly FieldError[]): ProblemError {
  const [first] = errors;
  const where = first === undefined ? '' : `: ${first.in ?? 'body'} ${first.pointer} ${first.detail}`;
  const detail = `${errors.length} ${errors.length === 1 ? 'field is' : 'fields are'} not right${where}`;
  return new ProblemError('invalid-fields', { detail, errors });
}

function findErrors(schema: TSchema, value: unknown, part: RequestPart): FieldError[] {
  if (value === undefined || (part === 'body' && value === null)) {
    return [{ in: part, pointer: '', detail: 'is missing', remedy: 'send a JSON object' }];
  }
  return schemaErrors(schema, value).map((error) => ({ in: part, ...error }));
}

function withoutText(schema: TSchema, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: string }>> };
  const entries = Object.entries(given).map(([key, value]) => [key, readText(properties[key]?.type, value)]);
  return Object.fromEntries(entries);
}

function readText(type: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'integer' && integerText.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
