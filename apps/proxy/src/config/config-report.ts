/** Where the checks between fields report to, and what they ask of the source: the caller knows the file, or the bus entry. */
import type { ConfigPath } from './source-locator.ts';

export interface ConfigReport {
  readonly reportAt: (path: ConfigPath, message: string, remedy: string) => void;
  readonly reportKey: (path: ConfigPath, key: string, message: string, remedy: string) => void;
  readonly lineAt: (path: ConfigPath) => number;
}
