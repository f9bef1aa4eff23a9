/** Every schema inside a schema with its path, so that a test can hold a rule against all of them. */
export interface SchemaWords {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaWords>>;
  readonly additionalProperties?: unknown;
  readonly items?: SchemaWords;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [word: string]: unknown;
}

export function schemasIn(schema: SchemaWords, path = ''): readonly (readonly [string, SchemaWords])[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
    schemasIn(field, path === '' ? key : `${path}.${key}`),
  );
  const items = schema.items === undefined ? [] : schemasIn(schema.items, `${path}[]`);
  return [[path, schema], ...inner, ...items];
}
