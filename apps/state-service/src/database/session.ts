/** What a repository needs of a connection: statements in order, within the time the operation has left. */

export type Row = Readonly<Record<string, unknown>>;

/** How long a reading of many pages may take. */
export interface ReadingBounds {
  /** Between two pages, for whoever takes them. */
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface Session {
  query<Result extends object = Row>(text: string, values?: readonly unknown[]): Promise<readonly Result[]>;
  /** The statements that follow may take the time of a change of many rows. */
  widen(): Promise<void>;
}
