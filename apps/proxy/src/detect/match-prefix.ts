/** Protocols that announce themselves by fixed first bytes: SSH, HTTP/2, PROXY protocol. */
import { byteAt } from './byte-at.ts';
import type { Verdict } from './detection.ts';
import { needMore, notThis } from './verdict.ts';

/** `match` when the bytes begin with all of `prefix`, `notThis` at the first byte that differs. */
export function matchPrefix<Decided>(
  prefix: Buffer,
  match: Verdict<Decided>,
): (bytes: Buffer, start: number, end: number) => Verdict<Decided> {
  return (bytes, start, end) => {
    const length = Math.min(prefix.length, end - start);
    for (let index = 0; index < length; index++) {
      if (byteAt(bytes, start + index) !== byteAt(prefix, index)) return notThis;
    }
    return length === prefix.length ? match : needMore;
  };
}
