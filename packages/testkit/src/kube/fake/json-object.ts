/** JSON as the fake reads and writes it. Objects in the store are never changed, only replaced. */

export type JsonObject = { readonly [field: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object at `field`, empty when there is none. */
export function objectAt(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

export function stringAt(object: JsonObject, field: string): string | undefined {
  const value = object[field];
  return typeof value === 'string' ? value : undefined;
}

/** The strings of a list at `field`. */
export function stringsAt(object: JsonObject, field: string): readonly string[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** A copy without `fields`. */
export function without(object: JsonObject, ...fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}

/** A copy with `changes`; undefined takes a field away. */
export function withFields(object: JsonObject, changes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...object, ...changes }).filter(([, value]) => value !== undefined));
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata');
}
