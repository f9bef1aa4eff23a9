/** What a repository needs of a connection: statements in order, within the time the operation has left. */

export type Row = Readonly<Record<string, unknown>>;

export interface Session {
  query<Result extends object = Row>(text: string, values?: readonly unknown[]): Promise<readonly Result[]>;
  /** The statements that follow may take the time of a change of many rows. */
  widen(): Promise<void>;
}
