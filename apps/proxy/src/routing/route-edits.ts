/**
 * The difference between two lists of routes, so that what has many need not be sent and compiled whole for one that changed. Routes
 * are told apart by identity: one that changed is another object. Pure.
 */
import type { RouteConfig } from '../config/effective-config.ts';

/** In place of `removed` items from `at` on come these. Of several edits the first is the foremost, and none counts in another. */
export interface ListEdit<Item> {
  readonly at: number;
  readonly removed: number;
  readonly items: readonly Item[];
}

export type RouteEdit = ListEdit<RouteConfig>;

/** What makes `after` of `before`; null: more than `max` routes come and go, or some that stay have changed places. */
export function findRouteEdits(
  before: readonly RouteConfig[],
  after: readonly RouteConfig[],
  max: number,
): readonly RouteEdit[] | null {
  const same = commonEnds(before, after);
  const [from, to] = [
    before.slice(same.first, before.length - same.last),
    after.slice(same.first, after.length - same.last),
  ];
  if (Math.abs(from.length - to.length) > max) return null;
  const [isFrom, isTo] = [new Set(from), new Set(to)];
  const edits: RouteEdit[] = [];
  let [at, next, left] = [0, 0, max];
  while (at < from.length || next < to.length) {
    const removed = runLength(from, at, isTo);
    const coming = runLength(to, next, isFrom);
    left -= removed + coming;
    if (left < 0) return null;
    if (removed + coming > 0) edits.push({ at: same.first + at, removed, items: to.slice(next, next + coming) });
    at += removed;
    next += coming;
    // What stays must be the same on both sides.
    if (from[at] !== to[next]) return null;
    at += 1;
    next += 1;
  }
  return edits;
}

/** The list with the edits made. */
export function applyEdits<Item>(list: readonly Item[], edits: readonly ListEdit<Item>[]): Item[] {
  const parts: (readonly Item[])[] = [];
  let next = 0;
  for (const { at, removed, items } of edits) {
    parts.push(list.slice(next, at), items);
    next = at + removed;
  }
  return ([] as Item[]).concat(...parts, list.slice(next));
}

function commonEnds(
  a: readonly RouteConfig[],
  b: readonly RouteConfig[],
): { readonly first: number; readonly last: number } {
  const most = Math.min(a.length, b.length);
  let first = 0;
  while (first < most && a[first] === b[first]) first += 1;
  let last = 0;
  while (last < most - first && a[a.length - 1 - last] === b[b.length - 1 - last]) last += 1;
  return { first, last };
}

/** How many from `at` on are not among the others. */
function runLength(routes: readonly RouteConfig[], at: number, others: ReadonlySet<RouteConfig>): number {
  let end = at;
  for (let route = routes[end]; route !== undefined && !others.has(route); route = routes[end]) end += 1;
  return end - at;
}
