/** The known name a person most likely meant, or null when none is near enough to be worth proposing. */
import { distance } from 'fastest-levenshtein';

const maxLength = 64;

/** Case does not count as a difference; up to one edit in three characters does not rule a name out. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  if (name.length > maxLength) return null;
  const wanted = name.toLowerCase();
  let nearest: string | null = null;
  let nearestDistance = Infinity;
  for (const candidate of known) {
    const edits = editsBetween(wanted, candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (edits <= allowed && edits < nearestDistance) {
      nearest = candidate;
      nearestDistance = edits;
    }
  }
  return nearest;
}

/** Swapped letters are one slip of the fingers, and two edits to Levenshtein. */
function editsBetween(wanted: string, candidate: string): number {
  const edits = distance(wanted, candidate);
  return edits === 2 && wanted.split('').toSorted().join('') === candidate.split('').toSorted().join('') ? 1 : edits;
}
