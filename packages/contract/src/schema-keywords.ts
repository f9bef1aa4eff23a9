/**
 * The few words the schemas of this package use beyond JSON Schema's own, and the type of a resource whose defaults have
 * been applied. `format` names a reader of text-format.ts; `x-sluice-later` lists what later versions will support and
 * `x-sluice-elsewhere` what only Kubernetes resources have, so that both are refused by name.
 */
import { type Static, type TArray, type TObject, type TOptional, type TProperties, type TSchema, Type } from 'typebox';

/** Keyword: names (keys of an object, values of an enumeration) a later version will know, each with what it will be. */
export const laterKeyword = 'x-sluice-later';

/** Keyword: keys of an object that only the resource in Kubernetes has, each with what to write in a file instead. */
export const elsewhereKeyword = 'x-sluice-elsewhere';

export type LaterNames = Readonly<Record<string, string>>;

/** An optional field that takes `default` when absent. */
export type Defaulted<Schema extends TSchema> = TOptional<Schema> & { readonly default: Static<Schema> };

/** Makes a field optional; readers put `value` in its place when it is absent. */
export function withDefault<Schema extends TSchema>(schema: Schema, value: Static<Schema>): Defaulted<Schema> {
  // Optional() returns a copy that keeps the keywords of the schema, the assigned one included.
  return Type.Optional(Object.assign(schema, { default: value })) as Defaulted<Schema>;
}

type PresentKey<Properties extends TProperties, Key extends keyof Properties> = Properties[Key] extends {
  readonly default: unknown;
}
  ? Key
  : Properties[Key] extends TOptional
    ? never
    : Key;

type AbsentKey<Properties extends TProperties, Key extends keyof Properties> =
  Key extends PresentKey<Properties, Key> ? never : Key;

/** What a schema describes once every default is in place: only fields without a default can still be absent. */
export type Complete<Schema extends TSchema> =
  Schema extends TObject<infer Properties>
    ? { readonly [Key in keyof Properties as PresentKey<Properties, Key>]: Complete<Properties[Key]> } & {
        readonly [Key in keyof Properties as AbsentKey<Properties, Key>]?: Complete<Properties[Key]>;
      }
    : Schema extends TArray<infer Item>
      ? readonly Complete<Item>[]
      : Static<Schema>;
