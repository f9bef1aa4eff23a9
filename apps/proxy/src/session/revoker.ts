/**
 * Cuts tunnels whose permission was withdrawn, where the user says `onRevoke: Disconnect`: the user is gone, the credential is
 * gone or past its end, or the rules no longer allow the destination. Looks at what changes name, a slice at a time, and
 * at credentials with an end once a second.
 */
import { endingOfRefusal } from './connection-ending.ts';
import type { Session } from './session.ts';
import { closeSession } from './session-turn.ts';
import type { TunnelIndex } from './tunnel-index.ts';
import type { TunnelPermission } from './tunnel-permission.ts';

export interface RevokerDeps {
  readonly tunnels: TunnelIndex;
  readonly permission: TunnelPermission;
  readonly flushSoon: () => void;
  readonly reportDefect: (error: unknown) => void;
}

/** Sessions looked at between two turns of the loop. */
const sliceSize = 256;
const endsLookMs = 1000;
const fullRingMs = 1;

export class Revoker {
  readonly #deps: RevokerDeps;
  /** To be looked at; a session that ends meanwhile stays in it until its turn. */
  readonly #waiting = new Set<Session>();
  /** Of which the credential has an end. */
  readonly #ending = new Set<Session>();
  #isRunning = false;
  #timer: NodeJS.Timeout | null = null;
  #cut = 0;

  constructor(deps: RevokerDeps) {
    this.#deps = deps;
  }

  /** Tunnels cut so far. */
  get cut(): number {
    return this.#cut;
  }

  /** These users have changed; null: any may have. */
  reconsider(users: readonly string[] | null): void {
    for (const user of users ?? this.#deps.tunnels.users())
      for (const session of this.#deps.tunnels.of(user)) this.#waiting.add(session);
    this.#runSlices();
  }

  /** The session's credential ends by itself: it must be looked at again and again. */
  watchEnd(session: Session): void {
    this.#ending.add(session);
    this.#timer ??= setInterval(() => this.#lookAtEnds(), endsLookMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }

  #lookAtEnds(): void {
    for (const session of this.#ending) {
      if (session.isClosed) this.#ending.delete(session);
      else this.#waiting.add(session);
    }
    this.#runSlices();
  }

  #runSlices(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#slice();
  }

  #slice(): void {
    let left = sliceSize;
    for (const session of this.#waiting) {
      if (left-- === 0) return void setImmediate(() => this.#slice());
      if (!hasRoom(session)) {
        this.#deps.flushSoon();
        return void setTimeout(() => this.#slice(), fullRingMs);
      }
      this.#waiting.delete(session);
      this.#look(session);
    }
    this.#isRunning = false;
    this.#deps.flushSoon();
  }

  #look(session: Session): void {
    try {
      if (!session.isClosed && this.#isWithdrawn(session)) this.#cutOff(session);
    } catch (error) {
      this.#deps.reportDefect(error);
    }
  }

  #isWithdrawn(session: Session): boolean {
    const { tunnel, upstream } = session;
    const { permission } = this.#deps;
    if (tunnel === null) return false;
    const record = permission.recordOf(tunnel);
    if (record === undefined) return tunnel.isCutWhenRevoked;
    tunnel.isCutWhenRevoked = record.isCutWhenRevoked;
    if (!record.isCutWhenRevoked) return false;
    if (!permission.isCredentialGood(record, tunnel)) return true;
    if (record.credentials.includes(' ')) this.watchEnd(session);
    return upstream !== null && !permission.mayReach(tunnel, tunnel, upstream);
  }

  #cutOff(session: Session): void {
    this.#cut++;
    // Between two workers nobody takes the command: it is sent again where the connection arrives.
    session.closesWhenMoved = true;
    closeSession(session, endingOfRefusal('Revoked'), null, true);
  }
}

/** Unasked commands may not fill the ring: each asked one must find room. */
function hasRoom(session: Session): boolean {
  return session.isClosed || session.hasTurn || session.port.freeUnaskedCommands() >= 1;
}
