/** What a command works with: the service, what it prints on, whom it asks. */
import type { StateClient } from './state-client.ts';
import type { SecretKind } from './state-deed.ts';

export interface DeedSession {
  readonly client: StateClient;
  readonly isJson: boolean;
  readonly out: (text: string) => void;
  /** What a person should know beside the result. */
  readonly note: (text: string) => void;
  readonly readSecret: (kind: SecretKind) => Promise<string>;
}

/** One object a line for programs, `text` for people. */
export function report({ isJson, out }: DeedSession, sent: unknown, text: string): void {
  out(isJson ? `${JSON.stringify(sent)}\n` : `${text}\n`);
}

/** The version a change is about, as If-Match says it. */
export function ifMatch(version: number | null): string {
  return version === null ? '*' : `"${version}"`;
}
