/** When the next snapshot may be taken: at once after the first doubt, later and later after further ones, never all at once. */

const firstSpreadMs = 250;
const baseMs = 500;
/** A proxy must have converged thirty seconds after peace, silence noticed included. */
const maxMs = 8_000;
const maxForLargeMs = 60_000;
const largeCount = 100_000;

export class SnapshotBackoff {
  #attempts = 0;

  /** What was doubted has been confirmed. */
  reset(): void {
    this.#attempts = 0;
  }

  /** `random` in [0, 1). */
  nextDelayMs(count: number, random: number): number {
    const attempt = this.#attempts;
    this.#attempts += 1;
    if (attempt === 0) return firstSpreadMs * random;
    const max = count > largeCount ? maxForLargeMs : maxMs;
    return Math.min(max, baseMs * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2);
  }
}
