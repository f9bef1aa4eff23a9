/**
 * Keys to look at. A key is in it once, however often it is added, is never handed out twice at the same time, and comes
 * again if it was added while it was out.
 */

export interface WorkQueue {
  /** Keys that wait for their turn; not those that wait for a time. */
  readonly depth: number;
  /** False: the queue is full or closed, the key was not taken. */
  add(key: string): boolean;
  /** In `delayMs`, or earlier if it is due earlier already. */
  addAfter(key: string, delayMs: number): boolean;
  /** After the key's own growing delay and the rate of the whole queue. */
  addRateLimited(key: string): boolean;
  /** Its delay starts from the beginning again. */
  forget(key: string): void;
  /** Times in a row that it was added with a delay of its own. */
  failures(key: string): number;
  /** The next key, which is the caller's until `done`; null once the queue is closed and empty. */
  take(): Promise<string | null>;
  done(key: string): void;
  /** Takes nothing more; what waits for its turn is still handed out, what waits for a time is dropped. */
  close(): void;
}
