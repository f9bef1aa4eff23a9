/**
 * What a forward proxy handshake may answer to the bytes it was given, for every protocol alike. An answer is plain data:
 * the driver acts on it (sends, advances by `consumed`, verifies, connects) and calls again with what is left.
 * Invariant: bytes that are not consumed belong to the next step or, after `connect`, to the tunnel; never to both.
 */
import type { CloseReason } from '../session/connection-record.ts';
import type { Destination } from './destination.ts';

/** Length no reply exceeds, whatever the client sent. */
export const maxReplyBytes = 512;

/** `bytes` of every answer are shared constants or fresh copies: send them, never write to them. */
export type HandshakeStep<State> =
  /** Nothing is consumed: call again with the same bytes and more behind them. */
  | { readonly kind: 'needMore'; readonly state: State }
  /** Send `bytes`, skip `consumed`, and call again at once: the next message may be there already. */
  | { readonly kind: 'reply'; readonly state: State; readonly consumed: number; readonly bytes: Buffer }
  /** Skip `consumed`, verify, and hand the verdict to `onAuthenticated`; call no step before. */
  | {
      readonly kind: 'authenticate';
      readonly state: State;
      readonly consumed: number;
      readonly user: string;
      readonly password: string;
    }
  /** Skip `consumed`: what is left is the tunnel's. Send `successReply` once connected, or what `failureReply` says. */
  | {
      readonly kind: 'connect';
      readonly state: State;
      readonly consumed: number;
      readonly destination: Destination;
      readonly successReply: Buffer;
    }
  /** Send `bytes` (may be empty), then close. `detail` is our own words: no byte of the client, no secret. */
  | { readonly kind: 'refuse'; readonly bytes: Buffer; readonly reason: CloseReason; readonly detail: string };

export type HandshakeRefusal = Extract<HandshakeStep<never>, { kind: 'refuse' }>;

/** What the credential check said of the user and password of an `authenticate` answer. */
export type AuthenticationVerdict = 'valid' | 'invalid' | 'overloaded';
