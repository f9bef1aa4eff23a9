/** Reads the truth part by part, as the core asks for it; a new listing ends the one before. Never rejects. */
import type { PublisherInput } from './publisher-step.ts';
import type { Truth, TruthRecord } from './truth.ts';

type TruthInput = Extract<PublisherInput, { kind: 'TruthPart' | 'TruthEnded' | 'TruthFailed' }>;

export class TruthReader {
  readonly #truth: Truth;
  readonly #dispatch: (input: TruthInput) => void;
  #listing = 0;
  #parts: AsyncIterator<readonly TruthRecord[]> | null = null;

  constructor(truth: Truth, dispatch: (input: TruthInput) => void) {
    this.#truth = truth;
    this.#dispatch = dispatch;
  }

  begin(listing: number, keys: readonly string[] | null): void {
    this.end();
    this.#listing = listing;
    const parts = keys === null ? this.#truth.list() : this.#truth.list(keys);
    this.#parts = parts[Symbol.asyncIterator]();
    void this.#read(listing, this.#parts);
  }

  next(listing: number): void {
    if (listing === this.#listing && this.#parts !== null) void this.#read(listing, this.#parts);
  }

  end(): void {
    // A generator that is in the middle of a query ends after it; what it fails with then concerns nobody.
    this.#parts?.return?.().catch(() => undefined);
    this.#parts = null;
  }

  async #read(listing: number, parts: AsyncIterator<readonly TruthRecord[]>): Promise<void> {
    try {
      const part = await parts.next();
      if (this.#parts !== parts) return;
      if (part.done !== true) return this.#dispatch({ kind: 'TruthPart', listing, records: part.value });
      this.#parts = null;
      this.#dispatch({ kind: 'TruthEnded', listing });
    } catch (error) {
      if (this.#parts !== parts) return;
      this.#parts = null;
      const reason = error instanceof Error ? error.message : String(error);
      this.#dispatch({ kind: 'TruthFailed', listing, reason });
    }
  }
}
