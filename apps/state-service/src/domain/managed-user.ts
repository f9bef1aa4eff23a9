/** What the keeper of users asks about many of them at once. */

export interface ManagedUser {
  readonly name: string;
  readonly managedBy: string;
  readonly managedRevision: string | null;
  /** Of the whole user. */
  readonly tag: string;
  readonly isEdited: boolean;
  readonly generation: number;
  /** The head that counted this generation in; null: none has yet. */
  readonly publication: Publication | null;
}

export interface Publication {
  readonly epoch: number;
  readonly revision: number;
}

export interface ManagedUserFilter {
  readonly managedByPrefix?: string;
  /** Only users whose generation is at least this. */
  readonly sinceGeneration?: number;
}
