/**
 * Splits a stream of bytes into the lines of newline-delimited JSON, one at a time and never more than `maxLineBytes` of
 * one line in memory. What a line says is not judged here.
 */

export type NdjsonLine =
  | { readonly kind: 'Line'; readonly number: number; readonly text: string }
  | { readonly kind: 'Unreadable'; readonly number: number; readonly detail: string };

const newline = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Lines in their order, empty ones left out; `number` counts all, from 1. The last needs no newline. */
export async function* ndjsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<NdjsonLine> {
  let number = 1;
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  const keep = (part: Uint8Array): void => {
    keptBytes += part.length;
    if (keptBytes <= maxLineBytes) kept.push(part);
    else kept = [];
  };
  const end = (): NdjsonLine | null => {
    const line = keptBytes > maxLineBytes ? tooLong(number, maxLineBytes) : readLine(number, Buffer.concat(kept));
    number += 1;
    kept = [];
    keptBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, at));
      from = at + 1;
      const line = end();
      if (line !== null) yield line;
    }
    keep(chunk.subarray(from));
  }
  const last = keptBytes === 0 ? null : end();
  if (last !== null) yield last;
}

function tooLong(number: number, maxLineBytes: number): NdjsonLine {
  return { kind: 'Unreadable', number, detail: `is longer than ${maxLineBytes} bytes` };
}

function readLine(number: number, bytes: Uint8Array): NdjsonLine | null {
  try {
    const text = decoder.decode(bytes).trim();
    return text === '' ? null : { kind: 'Line', number, text };
  } catch {
    return { kind: 'Unreadable', number, detail: 'is not UTF-8' };
  }
}
