/**
 * One line of the access log, as design section 7 lists its fields.
 */
import type { JsonLine } from './json-lines.ts';

export interface AccessLine {
  readonly id: string;
  readonly listener: string;
  readonly client: string;
  readonly protocol: string;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly user: string | null;
  readonly route: string | null;
  readonly endpoint: string | null;
  readonly upstream: string | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly detectMs: number | null;
  readonly decideMs: number | null;
  readonly connectMs: number | null;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly closedBy: string;
  readonly reason: string;
}

/** Every field of the line but `msg`. */
export const accessLineFields = [
  ...['id', 'listener', 'client', 'protocol', 'sni', 'alpn', 'user', 'route', 'endpoint', 'upstream'],
  ...['bytesUp', 'bytesDown', 'detectMs', 'decideMs', 'connectMs', 'firstByteMs', 'durationMs', 'closedBy', 'reason'],
] as const;

/** The line as an access line; throws naming the fields that are missing. */
export function asAccessLine(line: JsonLine): AccessLine {
  const missing = accessLineFields.filter((field) => !(field in line));
  if (line['msg'] !== 'connection' || missing.length > 0) {
    throw new Error(`not an access line (missing ${missing.join(', ')}): ${JSON.stringify(line)}`);
  }
  return line as unknown as AccessLine;
}
