/** The candidates of one class and key (say, one exact SNI without ALPN) by the client's address, longest prefix first. */
import { CandidateList } from './candidate-list.ts';
import type { Cidr } from './cidr.ts';
import { CidrTable } from './cidr-table.ts';
import type { RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';

export class SourceIndex {
  #bySource: CidrTable<CandidateList> | undefined;
  #anySource: CandidateList | undefined;

  /** The candidates for exactly this source block (null: a route without `sources`), made when there are none. */
  listFor(source: Cidr | null): CandidateList {
    if (source === null) {
      this.#anySource ??= new CandidateList();
      return this.#anySource;
    }
    this.#bySource ??= new CidrTable();
    return this.#bySource.getOrCreate(source, () => new CandidateList());
  }

  /** The candidate that wins among those that match the query. */
  find(query: RouteQuery): RouteCandidate | undefined {
    const table = this.#bySource;
    if (table !== undefined) {
      let entry = table.longest(query.source);
      while (entry !== undefined) {
        const candidate = entry.value.find(query);
        if (candidate !== undefined) return candidate;
        entry = table.longest(query.source, entry.prefixLength);
      }
    }
    return this.#anySource?.find(query);
  }
}
