/** What a measurement opened, closed in the opposite order. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';

export class ClosingScope implements CleanupScope {
  readonly #closers: (() => void | Promise<void>)[] = [];

  after(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, whatever fails; then throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
