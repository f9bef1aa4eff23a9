/** Keyset paging: a page is what comes after a key, so inserts and deletions between two pages neither repeat nor skip a row that stayed. */

export interface PageRequest {
  /** Key of the last row of the page before; null: from the beginning. */
  readonly after: string | null;
  /** 1 to `maxPageSize` of the contract. */
  readonly limit: number;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** What `after` of the next page is; null: this is the last one. */
  readonly next: string | null;
}
