/**
 * A YAML document as the configuration needs it: three kinds of node with their offsets, aliases already replaced by what
 * they stand for (so nodes can be shared, never copied). Text is the characters written; what they mean is decided where
 * the schema says what is wanted.
 */
export type YamlNode = YamlScalar | YamlList | YamlMap;

export interface YamlScalar {
  readonly kind: 'Scalar';
  readonly offset: number;
  /** The value's characters: `0o22` stays `0o22`, escapes of quoted text are resolved. */
  readonly text: string;
  /** Unquoted (or tagged as a number, boolean or null): the core schema may see a number, boolean or null in it. */
  readonly isPlain: boolean;
}

export interface YamlList {
  readonly kind: 'List';
  readonly offset: number;
  readonly items: readonly YamlNode[];
}

export interface YamlMap {
  readonly kind: 'Map';
  readonly offset: number;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: YamlNode;
}

/** Nested collections a file may have. */
export const maxYamlDepth = 32;
