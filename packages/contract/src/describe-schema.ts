/**
 * The reference of a schema as Markdown: one table for each object, one row for each key with type, default, bounds and its
 * sentence. Pure; docs/configuration.md holds the result, and a test compares the two.
 */
import { elsewhereKeyword, laterKeyword } from './schema-keywords.ts';

/** The JSON Schema words that this package's schemas use. */
interface DescribedSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, DescribedSchema>>;
  readonly required?: readonly string[];
  readonly items?: DescribedSchema;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [laterKeyword]?: Readonly<Record<string, string>>;
  readonly [elsewhereKeyword]?: Readonly<Record<string, string>>;
}

const formatNames: Readonly<Record<string, string>> = {
  'resource-name': 'name',
  'user-name': 'user name',
  'zone-name': 'zone name',
  'alpn-id': 'ALPN name',
  'bind-address': 'ip:port',
  cidr: 'CIDR',
  'host-pattern': 'host pattern',
  'endpoint-url': 'URL',
  'positive-duration': 'duration',
  'duration-or-none': 'duration or `0s`',
  'scrypt-verifier': 'PHC string',
  'argon2id-verifier': 'PHC string',
  'bcrypt-verifier': 'bcrypt string',
  timestamp: 'time',
  'nats-url': 'NATS URL',
  'proxy-id': 'id',
  'file-path': 'path',
};

function typeOf(schema: DescribedSchema): string {
  if (schema.type === 'array' && schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'string') return formatNames[schema.format ?? ''] ?? 'text';
  return schema.type;
}

const durationBounds: Readonly<Record<string, string>> = {
  'positive-duration': '1ms to 576h',
  'duration-or-none': '0s to 576h',
};

function boundsOf(schema: DescribedSchema): string {
  const { minItems = 0, maxItems, minLength, maxLength, minimum, maximum, items, format = '' } = schema;
  if (items !== undefined) {
    const each = boundsOf(items);
    return `${minItems} to ${maxItems} items${each === '' ? '' : `; each ${each}`}`;
  }
  if (schema.type === 'integer') return `${minimum} to ${maximum}`;
  const isText = schema.type === 'string' && schema.enum === undefined;
  return durationBounds[format] ?? (isText ? `${minLength} to ${maxLength} characters` : '');
}

function defaultOf(schema: DescribedSchema, isRequired: boolean): string {
  if (isRequired) return 'required';
  if (schema.default === undefined) return 'absent';
  const text = Array.isArray(schema.default) ? `[${schema.default.join(', ')}]` : JSON.stringify(schema.default);
  return `\`${typeof schema.default === 'string' ? schema.default : text}\``;
}

function laterLine(schema: DescribedSchema, subject: string): string[] {
  const later = Object.keys(schema[laterKeyword] ?? {});
  return later.length === 0
    ? []
    : [`${subject} refused as not supported yet: ${later.map((name) => `\`${name}\``).join(', ')}.`, ''];
}

function elsewhereLine(schema: DescribedSchema): string[] {
  const names = Object.keys(schema[elsewhereKeyword] ?? {});
  return names.length === 0
    ? []
    : [`Keys that only the resource in Kubernetes has: ${names.map((name) => `\`${name}\``).join(', ')}.`, ''];
}

function row(key: string, schema: DescribedSchema, isRequired: boolean): string {
  const cells = [`\`${key}\``, typeOf(schema), defaultOf(schema, isRequired), boundsOf(schema), schema.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function describeObject(path: string, schema: DescribedSchema): string[] {
  const entries = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  const lines = [
    path === '' ? '### The file' : `### \`${path}\``,
    '',
    schema.description,
    '',
    '| key | type | default | bounds | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...entries.map(([key, field]) => row(key, field, required.has(key))),
    '',
    ...laterLine(schema, 'Keys'),
    ...elsewhereLine(schema),
  ];
  for (const [key, field] of entries) {
    const values = field.items ?? field;
    if (values.enum !== undefined) lines.push(...laterLine(values, `Values of \`${key}\``));
  }
  for (const [key, field] of entries) {
    const inner = field.type === 'array' ? field.items : field;
    const suffix = field.type === 'array' ? '[]' : '';
    const innerPath = path === '' ? `${key}${suffix}` : `${path}.${key}${suffix}`;
    if (inner?.type === 'object') lines.push(...describeObject(innerPath, inner));
  }
  return lines;
}

/** Markdown for an object schema of this package, ending in one newline. */
export function describeSchema(schema: object): string {
  // Every schema here is written with these words only; the parity test reads the whole tree and would miss none.
  return `${describeObject('', schema as DescribedSchema)
    .join('\n')
    .trimEnd()}\n`;
}
