/** Secrets in memory, with what an API server does to two who write at once; faults are thrown by the test. */
import type { SecretData } from '../../src/install/secret-plan.ts';
import type { SecretStore } from '../../src/install/secret-store.ts';

export class MemorySecretStore implements SecretStore {
  readonly secrets = new Map<string, { readonly data: SecretData; readonly version: number }>();
  /** `create NAME`, `replace NAME`: those that were done. */
  readonly writes: string[] = [];
  /** Called before each request. */
  fault: (request: string) => void = () => {};
  #version = 0;

  async read(name: string): ReturnType<SecretStore['read']> {
    await this.#arrive(`read ${name}`);
    const found = this.secrets.get(name);
    return found === undefined ? null : { data: found.data, resourceVersion: String(found.version) };
  }

  async create(name: string, data: SecretData): Promise<boolean> {
    await this.#arrive(`create ${name}`);
    if (this.secrets.has(name)) return false;
    this.#write(`create ${name}`, name, data);
    return true;
  }

  async replace(
    name: string,
    stored: { readonly data: SecretData; readonly resourceVersion: string },
  ): Promise<boolean> {
    await this.#arrive(`replace ${name}`);
    if (String(this.secrets.get(name)?.version) !== stored.resourceVersion) return false;
    this.#write(`replace ${name}`, name, stored.data);
    return true;
  }

  /** A turn of the loop: others get in between. */
  async #arrive(request: string): Promise<void> {
    await Promise.resolve();
    this.fault(request);
  }

  #write(what: string, name: string, data: SecretData): void {
    this.#version++;
    this.writes.push(what);
    this.secrets.set(name, { data, version: this.#version });
  }
}
