/** A part of a list, and where the next one begins. */
import { type TSchema, Type } from 'typebox';

export const maxPageSize = 500;
export const defaultPageSize = 100;
export const maxCursorLength = 1536;

export function pageSchema<Item extends TSchema>(item: Item) {
  return Type.Object(
    {
      items: Type.Array(item, { maxItems: maxPageSize, description: 'The items of this page.' }),
      next: Type.Optional(
        Type.String({
          maxLength: maxCursorLength,
          description: '`cursor` of the next page; absent: this is the last.',
        }),
      ),
    },
    { additionalProperties: false, description: 'A page of a list.' },
  );
}

export const pageQueryFields = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxPageSize, description: `Items in a page; absent: ${defaultPageSize}.` }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxCursorLength,
      pattern: '^[A-Za-z0-9_-]+$',
      description: '`next` of the page before, with the same filters.',
    }),
  ),
};
