/**
 * Plays the session driver for handshake tests: keeps the bytes of a connection in a slab slot with foreign bytes on both sides,
 * steps until nothing more can be done, and says what the client was sent and what the tunnel gets.
 */
import assert from 'node:assert/strict';
import {
  type ForwardState,
  type ForwardStep,
  onAuthenticated,
  stepForward,
} from '../../src/forward/forward-handshake.ts';
import { type AuthenticationVerdict, maxReplyBytes } from '../../src/forward/handshake-step.ts';
import type { Destination } from '../../src/forward/destination.ts';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';

export interface HandshakeOutcome {
  /** `connect host:port`, `refuse Reason: detail`, or `waiting`. */
  readonly end: string;
  /** Everything the client was sent; with `connect`, the success reply included. */
  readonly sent: Buffer;
  /** `user:password` of each check asked for. */
  readonly checked: readonly string[];
  /** What the tunnel gets of the bytes that were there. */
  readonly early: Buffer;
}

export type Verify = (user: string, password: string) => AuthenticationVerdict;

export const aliceOnly: Verify = (user, password) =>
  user === 'alice' && password === 'wonder:land' ? 'valid' : 'invalid';

/** Bytes around the slot that would change an answer if they were read: line ends, a colon, SOCKS versions. */
const foreign = Buffer.from('\r\n\r\n:\x05\x01\x00\x01', 'latin1');

export class HandshakeDriver {
  #state: ForwardState;
  readonly #verify: Verify;
  #pending = Buffer.alloc(0);
  #sent = Buffer.alloc(0);
  readonly #checked: string[] = [];
  #end = 'waiting';

  constructor(state: ForwardState, verify: Verify = aliceOnly) {
    this.#state = state;
    this.#verify = verify;
  }

  receive(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#end === 'waiting' && this.#stepOnce());
  }

  get outcome(): HandshakeOutcome {
    const early = this.#end.startsWith('connect') ? this.#pending : Buffer.alloc(0);
    return { end: this.#end, sent: this.#sent, checked: this.#checked, early };
  }

  get state(): ForwardState {
    return this.#state;
  }

  #stepOnce(): boolean {
    const slab = Buffer.concat([foreign, this.#pending, foreign]);
    const before = Buffer.from(slab);
    const step = stepForward(this.#state, slab, foreign.length, foreign.length + this.#pending.length);
    assert.ok(slab.equals(before), 'a step wrote to the slab');
    slab.fill(0xee);
    return this.#apply(step);
  }

  #apply(step: ForwardStep): boolean {
    switch (step.kind) {
      case 'needMore':
        this.#state = step.state;
        return false;
      case 'reply':
        this.#advance(step.state, step.consumed);
        this.#send(step.bytes);
        return true;
      case 'authenticate':
        this.#advance(step.state, step.consumed);
        this.#checked.push(`${step.user}:${step.password}`);
        this.#assertWaits();
        return this.#apply(onAuthenticated(step.state, this.#verify(step.user, step.password)));
      case 'connect':
        this.#advance(step.state, step.consumed);
        this.#send(step.successReply);
        this.#end = `connect ${destinationText(step.destination)}`;
        this.#assertWaits();
        return false;
      case 'refuse':
        this.#send(step.bytes);
        this.#end = `refuse ${step.reason}: ${step.detail}`;
        return false;
    }
  }

  /** While the driver verifies or connects, a step must change nothing. */
  #assertWaits(): void {
    const step = stepForward(this.#state, this.#pending, 0, this.#pending.length);
    assert.deepEqual(step, { kind: 'needMore', state: this.#state });
  }

  #advance(state: ForwardState, consumed: number): void {
    assert.ok(consumed >= 0 && consumed <= this.#pending.length, 'a step consumed bytes that were not there');
    this.#state = state;
    this.#pending = this.#pending.subarray(consumed);
  }

  #send(bytes: Buffer): void {
    assert.ok(bytes.length <= maxReplyBytes, `a reply of ${bytes.length} bytes`);
    this.#sent = Buffer.concat([this.#sent, bytes]);
  }
}

/** Plays the chunks and returns what came of them. */
export function driveHandshake(
  state: ForwardState,
  chunks: readonly Buffer[],
  verify: Verify = aliceOnly,
): HandshakeOutcome {
  const driver = new HandshakeDriver(state, verify);
  for (const chunk of chunks) driver.receive(chunk);
  return driver.outcome;
}

function destinationText(destination: Destination): string {
  return destination.kind === 'domain'
    ? `${destination.name}:${destination.port}`
    : formatSocketAddress(destination.address, destination.port);
}
