/**
 * Joins the two sides of a ledger and lists every discrepancy. Pure: the same entries give the same list.
 */
import type { LedgerEntry } from './ledger.ts';

export type DiscrepancyKind = 'Refused' | 'Cut' | 'Misrouted' | 'BytesLost' | 'BytesWrong' | 'ServedTwice' | 'Phantom';

export interface Discrepancy {
  readonly kind: DiscrepancyKind;
  readonly key: string;
  readonly detail: string;
}

/** The origins that may serve a client, by its entry. */
export type AllowedOrigins = (client: LedgerEntry) => readonly string[];

function compareBytes(client: LedgerEntry, origin: LedgerEntry): Discrepancy[] {
  const { key } = client;
  const found: Discrepancy[] = [];
  if (client.sentBytes !== origin.receivedBytes) {
    found.push({ kind: 'BytesLost', key, detail: `up: sent ${client.sentBytes}, arrived ${origin.receivedBytes}` });
  }
  if (origin.sentBytes !== client.receivedBytes) {
    found.push({ kind: 'BytesLost', key, detail: `down: sent ${origin.sentBytes}, arrived ${client.receivedBytes}` });
  }
  for (const side of [client, origin]) {
    if (side.fault !== null) found.push({ kind: 'BytesWrong', key, detail: `${side.side}: ${side.fault}` });
  }
  return found;
}

function checkClient(client: LedgerEntry, origins: readonly LedgerEntry[], allowed: readonly string[]): Discrepancy[] {
  const { key } = client;
  const [origin, second] = origins;
  if (origin === undefined) return [{ kind: 'Refused', key, detail: `${client.label}: ${client.outcome ?? 'open'}` }];
  const found = compareBytes(client, origin);
  if (second !== undefined) found.push({ kind: 'ServedTwice', key, detail: `${origin.label} and ${second.label}` });
  if (client.outcome !== 'Ended') found.push({ kind: 'Cut', key, detail: `client saw ${client.outcome ?? 'no end'}` });
  if (origin.outcome !== 'Ended') found.push({ kind: 'Cut', key, detail: `origin saw ${origin.outcome ?? 'no end'}` });
  if (!allowed.includes(origin.label)) {
    const detail = `${client.label} reached ${origin.label}, allowed ${allowed.join(', ')}`;
    found.push({ kind: 'Misrouted', key, detail });
  }
  return found;
}

/** Lists what is wrong; empty: every connection reached an origin it may reach, once, and all bytes arrived. */
export function checkLedger(entries: readonly LedgerEntry[], allowedOrigins: AllowedOrigins): readonly Discrepancy[] {
  const origins = Map.groupBy(
    entries.filter((entry) => entry.side === 'Origin'),
    (entry) => entry.key,
  );
  const clients = entries.filter((entry) => entry.side === 'Client');
  const known = new Set(clients.map((client) => client.key));
  const phantoms = [...origins.keys()].filter((key) => !known.has(key));
  return [
    ...clients.flatMap((client) => checkClient(client, origins.get(client.key) ?? [], allowedOrigins(client))),
    ...phantoms.map((key): Discrepancy => ({ kind: 'Phantom', key, detail: 'an origin was reached, no client' })),
  ];
}
