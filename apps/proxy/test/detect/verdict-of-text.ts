/** One-line use of a parser in tests: the kind of its verdict for text of one byte a character. */
import type { Verdict } from '../../src/detect/detection.ts';

export type FirstBytesParser = (bytes: Buffer, start: number, end: number) => Verdict<unknown>;

export function kindOf(parse: FirstBytesParser, text: string): Verdict<unknown>['kind'] {
  const bytes = Buffer.from(text, 'latin1');
  return parse(bytes, 0, bytes.length).kind;
}

/** The kind for every prefix: `needMore` up to the first decision, then never anything else. Fails when one is taken back. */
export function decidedAfter(parse: FirstBytesParser, text: string): { readonly kind: string; readonly bytes: number } {
  const bytes = Buffer.from(text, 'latin1');
  let first = { kind: 'needMore', bytes: bytes.length };
  for (let length = 0; length <= bytes.length; length++) {
    const { kind } = parse(bytes, 0, length);
    if (first.kind === 'needMore' && kind !== 'needMore') first = { kind, bytes: length };
    if (kind !== first.kind) throw new Error(`${first.kind} after ${first.bytes} bytes became ${kind} after ${length}`);
  }
  return first;
}
