/**
 * Which routes hold what they claim, when several claim the same: the oldest. Follows changes: only routes that can be touched by one are
 * judged again. Invariant: the standings depend on the routes there are, not on the order in which they came.
 */
import type { ObjectMeta } from '@sluice/kube/port/kube-object.ts';
import { compareAge } from './object-age.ts';
import { clash, type RouteClaims } from './route-claims.ts';

/** How a route stands; undefined where nothing is lost. */
export interface LostClaims {
  /** `namespace/name` of an older route that has what this one claims. */
  readonly winner: string;
  /** Names that older routes have; empty: the route has no names. */
  readonly names: readonly string[];
  /** Nothing is left to the route. */
  readonly isWhole: boolean;
}

interface Contestant {
  readonly id: string;
  readonly metadata: ObjectMeta;
  readonly claims: RouteClaims;
}

export class RouteContest {
  readonly #contestants = new Map<string, Contestant>();
  readonly #byPlace = new Map<string, Set<Contestant>>();
  readonly #lost = new Map<string, LostClaims>();
  /** Touched since the last settling. */
  readonly #touched = new Set<string>();

  /** A route came, changed or (claims null) claims nothing any more. */
  set(id: string, metadata: ObjectMeta, claims: RouteClaims | null): void {
    const before = this.#contestants.get(id);
    if (before !== undefined) this.#remove(before);
    this.#touched.add(id);
    if (claims === null) return;
    const contestant = { id, metadata, claims };
    this.#contestants.set(id, contestant);
    for (const place of claims.places) {
      const here = this.#byPlace.get(place);
      if (here === undefined) this.#byPlace.set(place, new Set([contestant]));
      else here.add(contestant);
    }
    this.#touchRivals(contestant);
  }

  lostOf(id: string): LostClaims | undefined {
    return this.#lost.get(id);
  }

  /** Judges what was touched; the routes whose standing is another now. */
  settle(): readonly string[] {
    const changed: string[] = [];
    const group = this.#connected();
    for (const id of this.#touched) if (!this.#contestants.has(id) && this.#lost.delete(id)) changed.push(id);
    this.#touched.clear();
    const held = new Map<string, Contestant[]>();
    for (const contestant of group.toSorted(compareAge)) {
      const { id } = contestant;
      const lost = judge(contestant, held);
      const before = this.#lost.get(id);
      if (lost === undefined) this.#lost.delete(id);
      else this.#lost.set(id, lost);
      if (!isSame(before, lost)) changed.push(id);
    }
    return changed;
  }

  #remove(contestant: Contestant): void {
    this.#touchRivals(contestant);
    this.#contestants.delete(contestant.id);
    for (const place of contestant.claims.places) {
      const here = this.#byPlace.get(place);
      here?.delete(contestant);
      if (here?.size === 0) this.#byPlace.delete(place);
    }
  }

  #touchRivals(contestant: Contestant): void {
    for (const rival of this.#rivals(contestant)) this.#touched.add(rival.id);
  }

  *#rivals(contestant: Contestant): Generator<Contestant> {
    for (const place of contestant.claims.places) {
      for (const other of this.#byPlace.get(place) ?? [])
        if (other !== contestant && clash(contestant.claims, other.claims)) yield other;
    }
  }

  /** Whoever was touched, with everybody that a chain of clashes leads to. */
  #connected(): Contestant[] {
    const group = new Set<Contestant>();
    for (const id of this.#touched) {
      const contestant = this.#contestants.get(id);
      if (contestant !== undefined) group.add(contestant);
    }
    // A Set's iteration visits what is added on the way.
    for (const contestant of group) for (const rival of this.#rivals(contestant)) group.add(rival);
    return [...group];
  }
}

/** `held`: by place, the older ones that kept it. Adds what this one keeps. */
function judge(contestant: Contestant, held: Map<string, Contestant[]>): LostClaims | undefined {
  const { places, nameAt } = contestant.claims;
  const lostPlaces = new Set<string>();
  let winner: string | undefined;
  for (const place of places) {
    const holder = held.get(place)?.find((older) => clash(older.claims, contestant.claims));
    if (holder === undefined) continue;
    lostPlaces.add(place);
    winner ??= holder.id;
  }
  const isWhole = lostPlaces.size > 0 && (nameAt === null || lostPlaces.size === places.length);
  if (!isWhole) for (const place of places) if (!lostPlaces.has(place)) keep(held, place, contestant);
  if (winner === undefined) return undefined;
  const names = [...lostPlaces].flatMap((place) => nameAt?.get(place) ?? []);
  return { winner, names, isWhole };
}

function keep(held: Map<string, Contestant[]>, place: string, contestant: Contestant): void {
  const holders = held.get(place);
  if (holders === undefined) held.set(place, [contestant]);
  else holders.push(contestant);
}

function isSame(a: LostClaims | undefined, b: LostClaims | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.winner === b.winner && a.isWhole === b.isWhole && a.names.join() === b.names.join();
}
