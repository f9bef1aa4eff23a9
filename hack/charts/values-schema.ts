/** values.schema.json of a chart, from its values: strict, so that a misspelt key is an error and not a default. Pure. */
import { sluiceConfigSchema } from '@sluice/contract/sluice-config.ts';
import type { ChartValue, ChartValues } from './chart-values.ts';

export interface JsonSchema {
  readonly [key: string]: unknown;
}

interface Group extends JsonSchema {
  readonly type: 'object';
  readonly description?: string;
  readonly additionalProperties: false;
  readonly properties: Record<string, JsonSchema>;
}

const quantity: JsonSchema = {
  type: ['string', 'number'],
  pattern: '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$',
};

const portNumber: JsonSchema = { type: 'integer', minimum: 1, maximum: 65_535 };

/** Keys and their kinds alone: what is inside them is told by `sluice check`, with its line. */
const sluiceYaml: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(sluiceConfigSchema.properties).map(([key, { type }]: [string, { readonly type?: unknown }]) => [
      key,
      { type },
    ]),
  ),
};

/** A port of a Service; its name as Services have them. */
const servicePort: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'port', 'targetPort'],
  properties: {
    name: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    port: portNumber,
    targetPort: portNumber,
    nodePort: portNumber,
  },
};

/** `extra`: keys beside the values, such as those of the charts inside. Throws for a type that it does not know. */
export function valuesSchema({ values, groups }: ChartValues, extra: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const root: Group = { type: 'object', additionalProperties: false, properties: { ...extra } };
  const made = new Map<string, Group>([['', root]]);
  const groupAt = (path: readonly string[]): Group => {
    const name = path.join('.');
    const known = made.get(name);
    if (known !== undefined) return known;
    const group: Group = {
      type: 'object',
      description: groups.get(name) ?? '',
      additionalProperties: false,
      properties: {},
    };
    made.set(name, group);
    groupAt(path.slice(0, -1)).properties[path.at(-1) ?? ''] = group;
    return group;
  };
  for (const value of values) {
    groupAt(value.path.slice(0, -1)).properties[value.path.at(-1) ?? ''] = {
      description: value.description,
      ...typeSchema(value),
    };
  }
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...root };
}

/** The type of a value in words, for people. */
export function typeInWords(value: ChartValue): string {
  return value.type ?? impliedType(value);
}

function impliedType(value: ChartValue): string {
  if (typeof value.default === 'boolean') return 'bool';
  if (typeof value.default === 'string') return 'string';
  throw new Error(`${value.path.join('.')}: its comment has to say the type, as in "# -- (list string) …"`);
}

function typeSchema(value: ChartValue): JsonSchema {
  const type = typeInWords(value);
  const [word = '', ...rest] = type.split(' ');
  switch (word) {
    case 'bool':
      return { type: 'boolean' };
    case 'string':
      return { type: 'string', maxLength: 4096 };
    case 'enum':
      return { type: 'string', enum: rest.join('').split('|') };
    case 'int':
      return integerSchema(rest.join(' '));
    case 'quantity':
      return quantity;
    case 'map':
      return { type: 'object', additionalProperties: rest[0] === 'quantity' ? quantity : { type: 'string' } };
    case 'sluice.yaml':
      return sluiceYaml;
    case 'object':
      return { type: 'object' };
    case 'list':
      return { type: 'array', maxItems: 1024, items: itemSchema(rest[0]) };
    default:
      throw new Error(`${value.path.join('.')}: ${type} is no type`);
  }
}

function itemSchema(word: string | undefined): JsonSchema {
  switch (word) {
    case 'string':
      return { type: 'string', minLength: 1, maxLength: 4096 };
    case 'int':
      return { type: 'integer', minimum: 1 };
    case 'port':
      return servicePort;
    case 'object':
      return { type: 'object' };
    case undefined:
    default:
      throw new Error(`list ${word} is no type`);
  }
}

/** `1..10`, `1|3|5`, `or percent`. */
function integerSchema(bounds: string): JsonSchema {
  if (bounds === 'or percent') {
    return {
      anyOf: [
        { type: 'integer', minimum: 0 },
        { type: 'string', pattern: '^[0-9]{1,3}%$' },
      ],
    };
  }
  if (bounds.includes('|')) return { type: 'integer', enum: bounds.split('|').map(Number) };
  const [minimum, maximum] = bounds.split('..').map(Number);
  if (!Number.isInteger(minimum) || !Number.isInteger(maximum)) throw new Error(`int ${bounds} has no bounds`);
  return { type: 'integer', minimum, maximum };
}
