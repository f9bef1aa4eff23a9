/** The description of one blob, as object stores write it: how many pieces of which id, and what they must hash to. Pure. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const digestPrefix = 'SHA-256=';
const maxBlobBytes = 2 ** 31;

const schema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 1_024 }),
  nuid: Type.String({ pattern: '^[A-Za-z0-9_=~-]{1,2048}$' }),
  size: Type.Integer({ minimum: 0, maximum: maxBlobBytes }),
  chunks: Type.Integer({ minimum: 0, maximum: maxBlobBytes }),
  digest: Type.String({ maxLength: 128 }),
  deleted: Type.Optional(Type.Boolean()),
});
const validator = Compile(schema);

export type BlobDescription = Static<typeof schema>;

/** null: this is not a description. */
export function parseBlobDescription(text: string): BlobDescription | null {
  try {
    const value: unknown = JSON.parse(text);
    return validator.Check(value) ? value : null;
  } catch {
    return null; // not JSON
  }
}

/** The digest as descriptions spell it, of a SHA-256. */
export function spellDigest(sha256: Buffer): string {
  return `${digestPrefix}${sha256.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
}
