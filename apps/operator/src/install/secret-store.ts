/** What making Secrets asks of a cluster: reading one by its name, creating, and replacing one that has not changed since. */
import type { SecretData } from './secret-plan.ts';

export interface StoredSecret {
  readonly data: SecretData;
  readonly resourceVersion: string;
}

export interface SecretStore {
  /** null: there is none. */
  read(name: string, signal: AbortSignal): Promise<StoredSecret | null>;
  /** false: one of this name is there already. */
  create(name: string, data: SecretData, signal: AbortSignal): Promise<boolean>;
  /** false: it was changed or deleted in between. */
  replace(name: string, stored: StoredSecret, signal: AbortSignal): Promise<boolean>;
}
