/**
 * Makes an OpenAPI document say each of its named schemas once: wherever one stands in full, a reference takes its place. Pure.
 * Without it the document is half a megabyte, most of it the same problem again and again.
 */

interface Document {
  components?: object | undefined;
}

export interface Hoisting {
  readonly named: Readonly<Record<string, object>>;
  /** A keyword of our own that readers of the document have no use for. */
  readonly without: string;
}

/** A copy of the document with `components.schemas`. */
export function hoistSchemas<Whole extends Document>(document: Whole, { named, without }: Hoisting): Whole {
  const names = new Map(Object.entries(named).map(([name, schema]) => [textOf(schema, without), name]));
  const replaced = replace(JSON.parse(textOf(document, without)), names) as Whole;
  const schemas = Object.fromEntries([...names].map(([text, name]) => [name, JSON.parse(text) as object]));
  return { ...replaced, components: { ...replaced.components, schemas } };
}

function textOf(value: object, without: string): string {
  return JSON.stringify(value, (key, entry: unknown) => (key === without ? undefined : entry));
}

function replace(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => replace(entry, names));
  const name = 'type' in value ? names.get(JSON.stringify(value)) : undefined;
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replace(entry, names)]));
}
