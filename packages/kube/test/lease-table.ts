/** Leases with optimistic concurrency, in memory, for electors on a virtual clock. The real API server has its own tests. */
import type { Lease } from '../src/election/lease.ts';
import type { KubeClient } from '../src/port/kube-client.ts';
import { KubeApiError } from '../src/port/kube-error.ts';
import type { KubeObject } from '../src/port/kube-object.ts';

function refusal(status: number, reason: string): KubeApiError {
  return new KubeApiError(reason, { status, reason });
}

export class LeaseTable {
  lease: Lease | null = null;
  writes = 0;
  /** Thrown by each call while it is set. */
  outage: Error | null = null;
  /** The next write is done, and its answer lost. */
  losesNextAnswer = false;
  #version = 0;

  client(): Pick<KubeClient, 'get' | 'create' | 'replace'> {
    return {
      get: async <T extends KubeObject>() => {
        await this.#reach();
        if (this.lease === null) throw refusal(404, 'NotFound');
        return this.lease as unknown as T;
      },
      create: async <T extends KubeObject>(_resource: unknown, object: T) => {
        await this.#reach();
        if (this.lease !== null) throw refusal(409, 'AlreadyExists');
        return this.#store(object);
      },
      replace: async <T extends KubeObject>(_resource: unknown, object: T) => {
        await this.#reach();
        if (this.lease === null) throw refusal(404, 'NotFound');
        const isLast = object.metadata.resourceVersion === this.lease.metadata.resourceVersion;
        if (!isLast) throw refusal(409, 'Conflict');
        return this.#store(object);
      },
    };
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.outage !== null) throw this.outage;
  }

  #store<T extends KubeObject>(object: T): T {
    this.#version += 1;
    this.writes += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `v${this.#version}` } };
    this.lease = stored;
    if (this.losesNextAnswer) {
      this.losesNextAnswer = false;
      throw new Error('the answer was lost');
    }
    return stored;
  }
}
