/**
 * A value that must not be written down by accident: every way of turning it into text gives `[redacted]`.
 */
import { inspect } from 'node:util';

export const redactedText = '[redacted]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; the call site shows that it is meant. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redactedText;
  }

  toJSON(): string {
    return redactedText;
  }

  [inspect.custom](): string {
    return redactedText;
  }
}
