/**
 * The token of an acknowledgement. Whoever may create consumers on NATS can aim one at any subject, so that a message on an
 * acknowledgement's subject proves nothing about its sender; the key that proxies and publishers share does.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ConfigAck } from '@sluice/contract/config-message.ts';
import { canonicalJson } from './canonical-json.ts';

export type UnsignedAck = Omit<ConfigAck, 'token'>;

/** The acknowledgement with its token; an empty one without a key. */
export function signAck(ack: UnsignedAck, ackKey: Uint8Array | null): ConfigAck {
  return { ...ack, token: ackKey === null ? '' : tokenOf(ack, ackKey) };
}

export function isSignedAck({ token, ...ack }: ConfigAck, ackKey: Uint8Array): boolean {
  const expected = Buffer.from(tokenOf(ack, ackKey));
  const given = Buffer.from(token);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function tokenOf(ack: UnsignedAck, ackKey: Uint8Array): string {
  return createHmac('sha256', ackKey).update(canonicalJson(ack)).digest('hex');
}
