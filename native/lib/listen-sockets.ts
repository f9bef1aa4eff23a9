/**
 * Opens listening sockets before anything else changes, so that a port that is taken is known while all is as it was.
 */
import { getSystemErrorName } from 'node:util';

import type { Addon } from './addon.ts';

/** An address as the engine's rings carry it: four words whose memory is in network order. */
export interface WireAddress {
  readonly family: 4 | 6;
  readonly port: number;
  readonly words: readonly [number, number, number, number];
}

export interface ListenSockets {
  readonly port: number;
  /** One per accepting worker; the caller closes them or gives them to the engine. */
  readonly fds: readonly number[];
}

export class ListenError extends Error {
  readonly code = 'SLUICE_LISTEN';
  override readonly name = 'ListenError';
  /** `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EMFILE`, … */
  readonly systemCode: string;

  constructor(call: string, systemCode: string) {
    super(`${call} failed: ${systemCode}`);
    this.systemCode = systemCode;
  }
}

const backlog = 65_535; // the kernel cuts it to net.core.somaxconn

/** Binds and listens. Throws ListenError. */
export function openListenSockets(addon: Addon, address: WireAddress, count: number): ListenSockets {
  const [w0, w1, w2, w3] = address.words;
  const bound = addon.bindSockets(address.port | (address.family << 16), w0, w1, w2, w3, count, backlog);
  if ('errno' in bound) throw new ListenError(bound.call, getSystemErrorName(-bound.errno));
  return bound;
}
