/**
 * Whether two JSON values say the same: an absent field is no field, the order of keys means nothing, and neither does the
 * order of a list whose entries are keyed by `type` (conditions). Pure.
 */

type JsonObject = Readonly<Record<string, unknown>>;

export function isSameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return isSameList(a, b);
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSameContent(a[name], b[name]));
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  const [one, other] = [byType(a), byType(b)];
  if (one === null || other === null) return a.every((value, at) => isSameContent(value, b[at]));
  return [...one].every(([type, value]) => isSameContent(value, other.get(type)));
}

/** null: it is no list keyed by `type`. */
function byType(list: readonly unknown[]): Map<string, unknown> | null {
  const entries = new Map<string, unknown>();
  for (const value of list) {
    const type = isObject(value) ? value['type'] : undefined;
    if (typeof type !== 'string' || entries.has(type)) return null;
    entries.set(type, value);
  }
  return entries;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
