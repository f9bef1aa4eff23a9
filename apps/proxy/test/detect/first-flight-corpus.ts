/** The recorded first flights (corpus/manifest.json) with what each must be decided as; see capture-first-flights.ts. */
import type { Protocol } from '@sluice/contract/protocol.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FirstFlight {
  readonly file: string;
  readonly origin: string;
  readonly protocol: Protocol;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly bytes: Buffer;
}

const corpus = join(import.meta.dirname, 'corpus');

export function loadFirstFlights(): readonly FirstFlight[] {
  const entries = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8')) as Omit<FirstFlight, 'bytes'>[];
  return entries.map((entry) => ({ ...entry, bytes: readFileSync(join(corpus, entry.file)) }));
}
