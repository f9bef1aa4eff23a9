/** The configuration as far as it could be read: any field and any item may be missing, after an error has said why. */
import type { CompleteSluiceConfig } from '@sluice/contract/sluice-config.ts';

export type Readable<Value> = Value extends readonly (infer Item)[]
  ? readonly (Readable<Item> | undefined)[]
  : Value extends object
    ? { readonly [Key in keyof Value]?: Readable<Value[Key]> | undefined }
    : Value;

export type ReadableConfig = Readable<CompleteSluiceConfig>;
