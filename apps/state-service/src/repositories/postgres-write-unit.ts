/** A unit of changes, with what only this side of the store needs: API keys that were made elsewhere. */
import type { WriteUnit } from '../domain/state-store.ts';
import type { ApiKeyImporter } from './api-key-repository.ts';

export interface PostgresWriteUnit extends WriteUnit {
  readonly apiKeys: ApiKeyImporter;
}
