/**
 * Runs the Health responder of a session over the engine's turns: several pipelined answers go out as one reply.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import { dataFlag } from '@sluice/native/ring-layout.ts';
import { type HealthState, type HealthStep, stepHealth } from '../health/health-responder.ts';
import { endingOfRefusal } from './connection-ending.ts';
import type { Session } from './session.ts';
import { closeSession } from './session-turn.ts';

export interface HealthDriver {
  bytes(session: Session, event: EventRecord): void;
}

/** The engine's reply area: more pipelined answers go out with the next turn. */
const maxReplyBytes = 512;

/** What one turn's bytes came to. */
interface Answers {
  readonly bytes: Buffer;
  readonly consumed: number;
  readonly state: HealthState;
  readonly end: Extract<HealthStep, { kind: 'close' }> | null;
  /** Bytes are left that were not looked at, for want of room for their answer. */
  readonly isMoreDue: boolean;
}

export const healthDriver: HealthDriver = {
  bytes(session, event) {
    if (session.stage.kind !== 'health') return closeSession(session, endingOfRefusal('Internal'), null);
    const { state } = session.stage;
    const start = event.offset + session.skip;
    const answers = answerAll(state, session.port.bytes, start, event.offset + event.length);
    if (answers.end !== null) return closeSession(session, endingOfRefusal(answers.end.reason), answers.bytes);
    const isOver = (event.detail & (dataFlag.end | dataFlag.deadline)) !== 0;
    if (isOver && answers.bytes.length === 0)
      return closeAtEnd(session, event, answers.consumed === event.offset + event.length - start);
    readOn(session, event, answers);
  },
};

function answerAll(from: HealthState, bytes: Buffer, start: number, end: number): Answers {
  const replies: Buffer[] = [];
  let at = start;
  let room = maxReplyBytes;
  let state = from;
  for (;;) {
    const step = stepHealth(state, bytes, at, end);
    const needed = step.kind === 'needMore' ? 0 : step.bytes.length;
    if (needed > room)
      return { bytes: Buffer.concat(replies), consumed: at - start, state, end: null, isMoreDue: true };
    at += step.consumed;
    room -= needed;
    if (step.kind !== 'needMore') replies.push(step.bytes);
    if (step.kind !== 'close') state = step.state;
    if (step.kind === 'reply') continue;
    const close = step.kind === 'close' ? step : null;
    return { bytes: Buffer.concat(replies), consumed: at - start, state, end: close, isMoreDue: false };
  }
}

function closeAtEnd(session: Session, event: EventRecord, hasReadAll: boolean): void {
  const isIdle = session.stage.kind === 'health' && session.stage.isIdle;
  if ((event.detail & dataFlag.end) !== 0) {
    // In the middle of a request the client left without what it came for.
    return closeSession(session, endingOfRefusal(isIdle && hasReadAll ? 'Finished' : 'ClientGone'), null);
  }
  const reason = isIdle ? 'IdleTimeout' : 'DetectTimeout';
  closeSession(session, { closedBy: 'Deadline', reason }, null);
}

function readOn(session: Session, event: EventRecord, answers: Answers): void {
  const { timeouts, detect } = session.listener.config;
  const consume = session.skip + answers.consumed;
  const hasAnswered = answers.bytes.length > 0;
  const wasIdle = session.stage.kind === 'health' && session.stage.isIdle;
  const isIdle = consume === event.length && (hasAnswered || wasIdle);
  // A request that has begun has the detect deadline, and no byte of it moves that; between requests the client may idle.
  const requestMs = hasAnswered || wasIdle ? detect.timeoutMs : 0;
  session.stage = { kind: 'health', state: answers.state, isIdle };
  session.skip = 0;
  session.hasTurn = false;
  session.port.reply(session, {
    bytes: answers.bytes,
    consume,
    deadlineMs: isIdle && timeouts.idleMs !== 0 ? timeouts.idleMs : requestMs,
    again: answers.isMoreDue,
  });
}
