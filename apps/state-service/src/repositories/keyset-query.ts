/** Builds the statement of a page: conditions that are given, rows behind a key, one more than asked to know whether there are more. Pure. */
import type { Page, PageRequest } from '../domain/page.ts';

export interface KeysetQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface KeysetOptions {
  /** `SELECT … FROM …`, without conditions. */
  readonly select: string;
  /** Column that orders the rows, each value once. */
  readonly key: string;
  /** How `after` becomes a value of the key's type. */
  readonly keyType: 'text' | 'bigint';
  readonly order?: 'ASC' | 'DESC';
  /** Conditions with `?` in place of the value; undefined values are left out. */
  readonly conditions: readonly (readonly [condition: string, value: unknown])[];
  readonly page: PageRequest;
}

export function keysetQuery({ select, key, keyType, order = 'ASC', conditions, page }: KeysetOptions): KeysetQuery {
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const clauses = conditions
    .filter(([, value]) => value !== undefined)
    .map(([condition, value]) => condition.replace('?', place(value)));
  if (page.after !== null) clauses.push(`${key} ${order === 'ASC' ? '>' : '<'} ${place(page.after)}::${keyType}`);
  const where = clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`;
  return { text: `${select} ${where} ORDER BY ${key} ${order} LIMIT ${place(page.limit + 1)}`, values };
}

/** The page that `limit + 1` rows make. */
export function pageOf<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => string): Page<Row> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}
