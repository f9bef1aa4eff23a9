/**
 * Changes of live users on their way to the decision isolate: each is read and held to the rules of the file, packed, and sent
 * in parts, so that a million of them never stop anything. A user the file has too is taken and stays hidden.
 */
import type { ConfigChange } from '@sluice/live-config/replica/replica-port.ts';
import { readLiveResource } from '../../config/read-live-resource.ts';
import { type PackedUser, packUser } from '../../users/packed-user.ts';
import type { UserPart } from '../../users/user-directory.ts';

export interface Rejection {
  readonly key: string;
  readonly reason: string;
}

export interface LiveUsersContext {
  /** Where the file has a user of the name; null: it has none. */
  readonly placeInFile: (name: string) => string | null;
  readonly onRejected: (rejection: Rejection) => void;
}

/** Changed users of one message: some milliseconds of either isolate's time. */
const partSize = 500;

/** The changes in parts, read as they are asked for. */
export function* userParts(changes: Iterable<ConfigChange>, context: LiveUsersContext): Generator<UserPart> {
  let part = emptyPart();
  let count = 0;
  for (const change of changes) {
    addTo(part, change, context);
    count += 1;
    if (count % partSize !== 0) continue;
    yield part;
    part = emptyPart();
  }
  yield part;
}

interface GrowingPart extends UserPart {
  readonly puts: PackedUser[];
  readonly deletes: string[];
  readonly keeps: string[];
}

function emptyPart(): GrowingPart {
  return { puts: [], deletes: [], keeps: [] };
}

function addTo(part: GrowingPart, { key, kind, name, spec }: ConfigChange, context: LiveUsersContext): void {
  if (kind !== 'User') return;
  if (spec === null) {
    part.deletes.push(name);
    return;
  }
  const reading = readLiveResource('User', name, spec);
  if (!reading.ok || reading.resource.kind !== 'User') {
    // The last good version stays: of a whole change it must be named.
    part.keeps.push(name);
    context.onRejected({ key, reason: reading.ok ? 'it is no user' : reading.reason });
    return;
  }
  part.puts.push(packUser(reading.resource.value));
  const place = context.placeInFile(name);
  if (place !== null) {
    const reason = `a user ${place} has this name, and the file wins (give it another name)`;
    context.onRejected({ key, reason });
  }
}
