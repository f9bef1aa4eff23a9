/** A list, page by page as it comes: bounded memory, however long it is. */
import type { Answer } from './state-client.ts';
import type { DeedSession } from './deed-session.ts';
import { TextTable } from './text-table.ts';

export interface ListColumns<Item> {
  readonly headings: readonly string[];
  readonly cells: (item: Item) => readonly string[];
  /** What is said when there is none. */
  readonly none: string;
}

export async function printList<Item>(
  pages: AsyncIterable<Answer<{ readonly items: readonly Item[] }>>,
  { headings, cells, none }: ListColumns<Item>,
  { isJson, out, note }: DeedSession,
): Promise<void> {
  const table = new TextTable(headings);
  let isEmpty = true;
  for await (const { resource, sent } of pages) {
    if (resource.items.length === 0) continue;
    isEmpty = false;
    out(
      isJson
        ? sentItems(sent)
            .map((item) => `${JSON.stringify(item)}\n`)
            .join('')
        : table.rows(resource.items.map(cells)),
    );
  }
  if (isEmpty && !isJson) note(none);
}

/** The items as they were sent, with fields unknown here. */
function sentItems(sent: unknown): readonly unknown[] {
  const items = typeof sent === 'object' && sent !== null && 'items' in sent ? sent.items : [];
  return Array.isArray(items) ? items : [];
}
