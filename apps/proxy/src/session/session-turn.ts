/**
 * Taking the engine's turn and giving it back: the two ends of the rule that each turn is answered exactly once.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import type { WorkerPort } from '@sluice/native/worker-port.ts';
import type { PlannedEnd, Session } from './session.ts';

/** The engine waits for an answer of this session from now on. */
export function takeTurn(session: Session, port: WorkerPort, event: EventRecord): void {
  session.port = port;
  session.index = event.index;
  session.generation = event.generation;
  session.seq = event.seq;
  session.tailOffset = event.tailOffset;
  session.hasTurn = true;
}

/**
 * Answers the turn with the end: `reply` to the client, then FIN, or a reset. Without the turn it ends a connection that
 * relays. The record is written when the engine confirms.
 */
export function closeSession(session: Session, end: PlannedEnd, reply: Uint8Array | null, reset = false): void {
  if (session.isClosed) return;
  session.plannedEnd ??= end;
  const hadTurn = session.hasTurn;
  session.hasTurn = false;
  session.port.close(session, hadTurn ? reply : null, reset);
}
