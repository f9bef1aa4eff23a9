/** The port through which sessions learn addresses of host names. */
import type { IpAddress } from '../routing/ip-address.ts';

/** 0: either family. */
export type AddressFamily = 0 | 4 | 6;

export interface Resolver {
  /**
   * The addresses known without waiting, never empty, or undefined: then `resolve` has the answer or the reason. Connections
   * to a name in use take this path and need no promise.
   */
  cached(host: string, family: AddressFamily): readonly IpAddress[] | undefined;

  /**
   * The addresses in the resolver's order, never empty. Rejects with ResolveError, or with the signal's reason when it
   * aborts first.
   */
  resolve(host: string, family: AddressFamily, signal: AbortSignal): Promise<readonly IpAddress[]>;
}
