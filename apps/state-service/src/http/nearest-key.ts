/** The known key a person most likely meant. Pure; bounded, because the key comes from whoever sends requests. */

const maxLength = 64;

/** null when none is within one edit in three characters; case does not count. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  if (key.length > maxLength) return null;
  let nearest: string | null = null;
  let nearestEdits = Infinity;
  for (const candidate of known) {
    const edits = editsBetween(key.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(key.length, candidate.length) / 3));
    if (edits > allowed || edits >= nearestEdits) continue;
    nearest = candidate;
    nearestEdits = edits;
  }
  return nearest;
}

/** Levenshtein's distance, row by row. */
function editsBetween(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
