/**
 * Values by host name pattern: exact names and `*.suffix` wildcards (one label or more, never the suffix itself). Routes and
 * allow rules share it, so that a name means the same in both. Exact lookup is O(1), wildcards O(labels of the name).
 */

/** Lower case and without a trailing dot: the one spelling under which names are kept and looked up. */
export function canonicalName(text: string): string {
  const lower = text.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

export class NameTable<Value> {
  readonly #exact = new Map<string, Value>();
  /** Keyed by what follows `*.`. */
  readonly #wildcards = new Map<string, Value>();
  #longestSuffix = 0;

  /** The value of exactly this (canonical) pattern, made and kept by `create` when there is none. */
  getOrCreate(pattern: string, create: () => Value): Value {
    if (!pattern.startsWith('*.')) return getOrCreate(this.#exact, pattern, create);
    const suffix = pattern.slice(2);
    this.#longestSuffix = Math.max(this.#longestSuffix, suffix.length);
    return getOrCreate(this.#wildcards, suffix, create);
  }

  /** Takes the value of exactly this (canonical) pattern away. */
  delete(pattern: string): void {
    // The longest suffix stays: it only saves lookups.
    if (pattern.startsWith('*.')) this.#wildcards.delete(pattern.slice(2));
    else this.#exact.delete(pattern);
  }

  /** The value of exactly this (canonical) pattern. */
  at(pattern: string): Value | undefined {
    return pattern.startsWith('*.') ? this.#wildcards.get(pattern.slice(2)) : this.#exact.get(pattern);
  }

  /** The value of the pattern that is this (canonical) name itself. */
  exact(name: string): Value | undefined {
    return this.#exact.get(name);
  }

  /**
   * The value of the wildcard for what follows the dot at `dot`. Walk the dots of a name from the left to meet the wildcards
   * from the longest to the shortest. A leading dot ends no label, so nothing matches there.
   */
  wildcardAfter(name: string, dot: number): Value | undefined {
    const length = name.length - dot - 1;
    // Also bounds the hashing an adversarial name of 127 labels can cause.
    return dot === 0 || length > this.#longestSuffix ? undefined : this.#wildcards.get(name.slice(dot + 1));
  }
}

function getOrCreate<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = create();
  map.set(key, value);
  return value;
}
