/** What a JetStream message says about its delivery, in the subject for its acknowledgement. Pure. */

export interface Delivery {
  readonly streamSequence: number;
  /** Counts what this consumer sent, from 1. */
  readonly deliverySequence: number;
  /** How many messages wait behind this one. */
  readonly pending: number;
}

/** Parts of `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<timestamp>.<pending>`. */
const shortLength = 9;
/** The same with `<domain>.<account hash>` before the stream, and a token of randomness at the end. */
const longLength = 11;

/** null: this is no message of a consumer. */
export function parseDelivery(reply: string): Delivery | null {
  const parts = reply.split('.');
  if (parts[0] !== '$JS' || parts[1] !== 'ACK') return null;
  const offset = parts.length === shortLength ? 0 : 2;
  if (offset === 2 && parts.length < longLength) return null;
  const numbers = [parts[5 + offset], parts[6 + offset], parts[8 + offset]].map(Number);
  const [streamSequence = NaN, deliverySequence = NaN, pending = NaN] = numbers;
  const isWhole = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
  return isWhole ? { streamSequence, deliverySequence, pending } : null;
}
