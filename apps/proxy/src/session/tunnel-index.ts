/**
 * The tunnels of each user of the forward proxy, from the dial to the end: for quotas and for withdrawing permissions. Holds
 * no more than there are sessions.
 */
import type { Session } from './session.ts';

const none: ReadonlySet<Session> = new Set();

export class TunnelIndex {
  readonly #byUser = new Map<string, Set<Session>>();

  add(user: string, session: Session): void {
    const known = this.#byUser.get(user);
    if (known === undefined) this.#byUser.set(user, new Set([session]));
    else known.add(session);
  }

  /** Also for one that was never added. */
  remove(user: string, session: Session): void {
    const known = this.#byUser.get(user);
    if (known?.delete(session) === true && known.size === 0) this.#byUser.delete(user);
  }

  of(user: string): ReadonlySet<Session> {
    return this.#byUser.get(user) ?? none;
  }

  /** Users with at least one. */
  users(): Iterable<string> {
    return this.#byUser.keys();
  }
}
