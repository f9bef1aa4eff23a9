/**
 * The part of a node:test context that the kit needs: who opens something registers its closing here at once.
 */
export interface CleanupScope {
  after(close: () => void | Promise<void>): void;
}
