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

/** The addon is not there, or this system cannot load it. */
export class AddonError extends Error {
  readonly code = 'SLUICE_ADDON';
  override readonly name = 'AddonError';

  constructor(path: string, cause: unknown) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
    // Node's message has the stack of requires below its first line.
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    super(
      `the native addon ${isMissing ? `is not built: there is no ${path}` : `cannot be loaded: ${reason}`} (run make build)`,
      {
        cause,
      },
    );
  }
}

/** Loads the addon once per isolate (Node caches it). Throws AddonError when it is not built. */
export function loadAddon(path: string = addonPath.pathname): Addon {
  const require = createRequire(import.meta.url);
  try {
    return require(path) as Addon;
  } catch (error) {
    throw new AddonError(path, error);
  }
}
