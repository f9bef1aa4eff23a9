/**
 * Which versions of Secrets were seen for an object, so that a change of its status alone asks the API server for no Secret. Holds
 * names and versions, never what is in a Secret.
 */
import type { SluiceObject } from '../specs/kube-objects.ts';
import type { SecretVersion } from './managed-revision.ts';
import type { RefProblem } from './secret-refs.ts';

export interface SeenSecrets {
  readonly versions: readonly SecretVersion[];
  readonly problem: RefProblem | null;
}

interface Remembered extends SeenSecrets {
  readonly of: string;
  readonly goodUntilMs: number;
}

export class SecretMemory {
  readonly #seen = new Map<string, Remembered>();

  /** null: they have to be read. */
  get(key: string, object: SluiceObject, nowMs: number): SeenSecrets | null {
    const seen = this.#seen.get(key);
    return seen !== undefined && seen.of === stateOf(object) && nowMs < seen.goodUntilMs ? seen : null;
  }

  set(key: string, object: SluiceObject, seen: SeenSecrets & { readonly goodUntilMs: number }): void {
    this.#seen.set(key, { ...seen, of: stateOf(object) });
  }

  delete(key: string): void {
    this.#seen.delete(key);
  }
}

/** An annotation, too, makes the Secrets be read again. */
function stateOf({ metadata }: SluiceObject): string {
  return JSON.stringify([metadata.uid, metadata.generation, metadata.annotations]);
}
