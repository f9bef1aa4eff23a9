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
  /** Of all but the places: those who have the same one clash with the same others. */
  readonly sort: string;
}

/** In one place, those of one sort: what holds for one of them holds for all, however many there are. */
interface Camp {
  readonly claims: RouteClaims;
  readonly members: Set<Contestant>;
}

interface Stir {
  readonly place: string;
  readonly claims: RouteClaims;
}

export class RouteContest {
  readonly #contestants = new Map<string, Contestant>();
  /** By place and sort. */
  readonly #camps = new Map<string, Map<string, Camp>>();
  readonly #lost = new Map<string, LostClaims>();
  /** Touched since the last settling. */
  readonly #touched = new Set<string>();
  /** Claims given up since then: whoever clashed with them is touched too. */
  readonly #stirs = new Map<string, Stir>();

  /** A route came, changed or (claims null) claims nothing any more. */
  set(id: string, metadata: ObjectMeta, claims: RouteClaims | null): void {
    const before = this.#contestants.get(id);
    if (before !== undefined) this.#remove(before);
    this.#touched.add(id);
    if (claims === null) return;
    const contestant = { id, metadata, claims, sort: sortOf(claims) };
    this.#contestants.set(id, contestant);
    for (const place of claims.places) this.#campAt(place, contestant).members.add(contestant);
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
    this.#stirs.clear();
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

  #campAt(place: string, { sort, claims }: Contestant): Camp {
    const here = this.#camps.get(place) ?? new Map<string, Camp>();
    this.#camps.set(place, here);
    const camp = here.get(sort) ?? { claims, members: new Set() };
    here.set(sort, camp);
    return camp;
  }

  #remove(contestant: Contestant): void {
    const { id, claims, sort } = contestant;
    this.#contestants.delete(id);
    for (const place of claims.places) {
      this.#stirs.set(spotOf(place, sort), { place, claims });
      const here = this.#camps.get(place);
      const camp = here?.get(sort);
      camp?.members.delete(contestant);
      if (camp?.members.size === 0) here?.delete(sort);
      if (here?.size === 0) this.#camps.delete(place);
    }
  }

  /** Whoever was touched, with everybody that a chain of clashes leads to. */
  #connected(): Contestant[] {
    const group = new Set<Contestant>();
    const seen = new Set<string>();
    const stir = (spot: string, { place, claims }: Stir): void => {
      if (seen.has(spot)) return;
      seen.add(spot);
      for (const camp of this.#camps.get(place)?.values() ?? []) {
        if (clash(claims, camp.claims)) for (const member of camp.members) group.add(member);
      }
    };
    for (const id of this.#touched) {
      const contestant = this.#contestants.get(id);
      if (contestant !== undefined) group.add(contestant);
    }
    for (const [spot, one] of this.#stirs) stir(spot, one);
    // A Set's iteration visits what is added on the way.
    for (const { claims, sort } of group)
      for (const place of claims.places) stir(spotOf(place, sort), { place, claims });
    return [...group];
  }
}

function sortOf({ alpn, sources, listeners }: RouteClaims): string {
  return JSON.stringify([alpn, sources, listeners].map((set) => (set === null ? null : [...set].toSorted())));
}

function spotOf(place: string, sort: string): string {
  return `${place}\n${sort}`;
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
