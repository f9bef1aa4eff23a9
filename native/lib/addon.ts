/**
 * Loads the native addon: the only file that knows where it is and what it exports.
 */
import { createRequire } from 'node:module';

export interface NativeEngine {
  start(): void;
  kick(worker: number): void;
  /** Ends the threads and closes every connection; what ended is in the rings and behind them. */
  join(): void;
  /** After join: fills the rings with events they had no room for; false when there was none. */
  publishRest(): boolean;
  stop(): void;
}

interface BindFailure {
  readonly errno: number;
  readonly call: string;
}

interface BindSuccess {
  readonly port: number;
  readonly fds: readonly number[];
}

export interface Addon {
  readonly NativeEngine: new (settings: object, drain: () => void) => NativeEngine;
  bindSockets(
    portAndFamily: number,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
    count: number,
    backlog: number,
  ): BindSuccess | BindFailure;
  closeFd(fd: number): void;
  duplicateFd(fd: number): number;
  probeGrants(): { readonly maxFds: number; readonly pipeBytes: number };
  describeLayout(): Readonly<Record<string, number>>;
}

const addonPath: URL = new URL('../build/addon/Release/sluice.node', import.meta.url);

/** Loads the addon once per isolate (Node caches it). Throws when it is not built: `make build`. */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  return require(addonPath.pathname) as Addon;
}
