/** What a publisher publishes, as its owner knows it: rows of Postgres, objects of Kubernetes, a file. */

export type ResourceSpec = Readonly<Record<string, unknown>>;

export interface TruthRecord {
  /** As `resourceKey` of the contract writes it. */
  readonly key: string;
  /** Grows with every change of the resource, also over deletion and creation anew. */
  readonly generation: number;
  /** null: deleted. */
  readonly spec: ResourceSpec | null;
}

export interface Truth {
  /**
   * Everything there is, in parts of some hundred, read as the publisher asks for them; or, with `keys`, these alone. What is not listed
   * counts as deleted. All parts together are of one moment, after `list` was called: parts of several, and a head would confirm a
   * state that never was. A listing of `keys` ends only when every change that it shows has been given to `publish`, with all
   * changes before it: what the other keys are is known from there alone.
   */
  list(keys?: readonly string[]): AsyncIterable<readonly TruthRecord[]>;
}

/** Where the owner takes the right to write from: a counter in Postgres, a Lease, or one more than the head says. */
export interface Epochs {
  /** Resolves with an epoch above `above` that nobody else has been given. */
  claim(above: number): Promise<number>;
}
