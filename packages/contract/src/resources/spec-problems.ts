/**
 * Everything that is wrong with the spec of an object that the API server let in: what its schema and CEL cannot judge (the
 * costs of a verifier, say), and what was stored under an older schema. The operator publishes no object that has a problem.
 * The same formats and rules between fields as the file's reader has. Pure; never throws for what the spec holds.
 */
import { parseBindAddress } from '../bind-address.ts';
import { listenerSpecSchema } from '../listener.ts';
import { findProxyRouteBreaches, type ReadableRouteSpec } from '../route-rules.ts';
import { proxyRouteSpecSchema } from '../route.ts';
import { type TextFormat, textFormats } from '../text-format.ts';
import { findProxyUserBreaches, type ReadableUserSpec, type RuleBreach } from '../user-rules.ts';
import { proxyUserSpecSchema } from '../user.ts';
import type { ResourceNames } from './api-group.ts';

/** Where, counted from the spec, what is wrong and what to do. No message repeats a text that may be secret. */
export type SpecProblem = RuleBreach;

/** What is enough for a status message. */
const maxProblems = 16;

const schemas: Readonly<Record<ResourceNames['kind'], object>> = {
  ProxyRoute: proxyRouteSpecSchema,
  ProxyUser: proxyUserSpecSchema,
  ProxyListener: listenerSpecSchema,
};

/** The JSON Schema words of the contract's schemas. */
interface SchemaWords {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, SchemaWords>>;
  readonly required?: readonly string[];
  readonly items?: SchemaWords;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Empty: the spec may be published. 16 problems at most. */
export function findSpecProblems(kind: ResourceNames['kind'], spec: unknown): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  // The schemas are plain JSON Schema objects.
  walk(schemas[kind], spec, { path: [], problems });
  // Rules between fields may trust the types of the fields.
  if (problems.length === 0) problems.push(...findBreaches(kind, spec));
  return problems.slice(0, maxProblems);
}

function findBreaches(kind: ResourceNames['kind'], spec: unknown): readonly RuleBreach[] {
  switch (kind) {
    case 'ProxyRoute':
      return findProxyRouteBreaches(spec as ReadableRouteSpec);
    case 'ProxyUser':
      return findProxyUserBreaches(spec as ReadableUserSpec);
    case 'ProxyListener':
      return findBindTwice((spec as { readonly bind: readonly string[] }).bind);
  }
}

function findBindTwice(binds: readonly string[]): readonly RuleBreach[] {
  const seen = new Set<string>();
  return binds.flatMap((text, index) => {
    const parsed = parseBindAddress(text);
    // Port 0 is another port each time.
    if (parsed.kind === 'invalid' || parsed.value.port === 0) return [];
    const { canonical } = parsed.value;
    const isTwice = seen.has(canonical);
    seen.add(canonical);
    const message = `binds ${canonical} twice`;
    return isTwice ? [{ path: ['bind', index], message, remedy: 'give each address once' }] : [];
  });
}

interface Walk {
  readonly path: SpecProblem['path'];
  readonly problems: SpecProblem[];
}

function walk(schema: SchemaWords, value: unknown, at: Walk): void {
  if (at.problems.length >= maxProblems) return;
  switch (schema.type) {
    case 'object':
      return walkObject(schema, value, at);
    case 'array':
      return walkList(schema, value, at);
    case 'string':
      return judgeText(schema, value, at);
    case 'integer':
      return judgeInteger(schema, value, at);
    case 'boolean':
    case undefined:
      if (typeof value !== 'boolean') report(at, 'is not true or false', 'write true or false');
  }
}

function report({ path, problems }: Walk, message: string, remedy: string): void {
  problems.push({ path, message, remedy });
}

function walkObject(schema: SchemaWords, value: unknown, at: Walk): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return report(at, 'is not a map', 'write a map here');
  const properties = schema.properties ?? {};
  for (const [key, field] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const within = { ...at, path: [...at.path, key] };
    if (known === undefined)
      report(within, 'is not a known field', `known here: ${Object.keys(properties).join(', ')}`);
    else walk(known, field, within);
  }
  for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) report(at, `has no ${key}`, `add ${key}`);
}

function walkList(schema: SchemaWords, value: unknown, at: Walk): void {
  if (!Array.isArray(value)) return report(at, 'is not a list', 'write a list here');
  const { minItems = 0, maxItems = 0, items } = schema;
  if (value.length < minItems) report(at, 'is an empty list', 'add an item, or remove the field');
  else if (value.length > maxItems) report(at, `has ${value.length} items`, `use at most ${maxItems}`);
  else if (items !== undefined)
    for (const [index, item] of value.entries()) walk(items, item, { ...at, path: [...at.path, index] });
}

function judgeText(schema: SchemaWords, value: unknown, at: Walk): void {
  if (typeof value !== 'string') return report(at, 'is not a text', 'write a text here');
  if (schema.enum !== undefined) {
    if (!schema.enum.includes(value)) report(at, 'is no known value', `use one of ${schema.enum.join(', ')}`);
    return;
  }
  const { maxLength = 0, format = '' } = schema;
  if (value === '') return report(at, 'is empty', 'write a value');
  if (Array.from(value).length > maxLength) return report(at, 'is too long', `use at most ${maxLength} characters`);
  const parsed = textFormats[format as TextFormat](value);
  if (parsed.kind === 'invalid') report(at, parsed.message, parsed.remedy);
}

function judgeInteger(schema: SchemaWords, value: unknown, at: Walk): void {
  const { minimum = 0, maximum = 0 } = schema;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum)
    report(at, 'is not a whole number in its range', `use a whole number from ${minimum} to ${maximum}`);
}
