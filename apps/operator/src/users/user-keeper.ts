/**
 * Which users of the state service are ours: `managedBy` is the operator's own name and the namespace of the object. An operator that looks at
 * some namespaces only leaves the users of others alone, as other operators may keep them in the same state service. Pure.
 */
export interface UserKeeper {
  /** What the users of this operator begin with. */
  readonly prefix: string;
  managedBy(namespace: string): string;
  /** The namespace of a user of ours; null: another keeps it, or nobody. */
  namespaceOf(managedBy: string | undefined): string | null;
}

export interface UserKeeperConfig {
  readonly owner: string;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
}

export function createUserKeeper({ owner, namespaces }: UserKeeperConfig): UserKeeper {
  const prefix = `${owner}/`;
  return {
    prefix,
    managedBy: (namespace) => `${prefix}${namespace}`,
    namespaceOf(managedBy) {
      if (managedBy?.startsWith(prefix) !== true) return null;
      const namespace = managedBy.slice(prefix.length);
      return namespaces === null || namespaces.includes(namespace) ? namespace : null;
    },
  };
}
