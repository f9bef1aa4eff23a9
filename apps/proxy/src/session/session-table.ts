/**
 * The live sessions by tag. Tags are places in an array, reused when a session ends; 0 means "no session yet".
 */
import type { WorkerPort } from '@sluice/native/worker-port.ts';
import type { ListenerState } from './listener-state.ts';
import { Session } from './session.ts';

export class SessionTable {
  readonly #places: (Session | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #lastSerial = 0;

  /** The number of the next connection, for one that never becomes a session too. */
  nextSerial(): number {
    this.#lastSerial += 1;
    return this.#lastSerial;
  }

  create(listener: ListenerState, port: WorkerPort): Session {
    const tag = this.#free.pop() ?? this.#places.length;
    const session = new Session(tag, this.nextSerial(), listener, port);
    this.#places[tag] = session;
    return session;
  }

  find(tag: number): Session | undefined {
    return this.#places[tag];
  }

  remove(session: Session): void {
    if (this.#places[session.tag] !== session) return;
    this.#places[session.tag] = undefined;
    this.#free.push(session.tag);
  }

  get size(): number {
    return this.#places.length - 1 - this.#free.length;
  }

  *[Symbol.iterator](): Generator<Session> {
    for (const session of this.#places) if (session !== undefined) yield session;
  }
}
