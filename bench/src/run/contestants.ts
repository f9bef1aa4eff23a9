/** Starts all contestants of a scenario and stops them. One that is missing or does not start is named, not hidden. */
import { access, constants } from 'node:fs/promises';
import type { Peer } from '../peers/peer.ts';
import type { Laboratory, RunningContestant } from './laboratory.ts';

export interface Absence {
  readonly contestant: string;
  readonly reason: string;
}

export interface StartedContestants {
  readonly running: readonly RunningContestant[];
  readonly absences: readonly Absence[];
  readonly stop: () => Promise<void>;
}

/** Why the peer cannot run here, or undefined. Only its program is looked for. */
async function absenceOf(peer: Peer): Promise<string | undefined> {
  const programs = peer.launch({
    directory: '/nonexistent',
    port: 0,
    origin: { conn: 0, source: 0, echo: 0, sink: 0 },
    maxConnections: 1,
  }).command;
  const program = programs.find((part) => part.startsWith('/')) ?? '';
  try {
    await access(program, constants.X_OK);
    return undefined;
  } catch {
    return `${program} is not there: ${peer.install}`;
  }
}

/** Never fails because of a contestant: who is absent is in `absences`. */
export async function startContestants(laboratory: Laboratory, peers: readonly Peer[]): Promise<StartedContestants> {
  const running: RunningContestant[] = [];
  const absences: Absence[] = [];
  for (const peer of peers) {
    const missing = await absenceOf(peer);
    if (missing !== undefined) {
      absences.push({ contestant: peer.name, reason: missing });
      continue;
    }
    try {
      running.push(await laboratory.start(peer));
    } catch (error) {
      absences.push({ contestant: peer.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((contestant) => contestant.stop()));
  };
  return { running, absences, stop };
}
