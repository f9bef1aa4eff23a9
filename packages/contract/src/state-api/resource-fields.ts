/** Fields that several resources of the state service's REST interface share. */
import { type TInteger, type TString, Type } from 'typebox';
import { nameSchema, textSchema } from '../field-schemas.ts';
import { timestampPattern } from '../timestamp.ts';
import { userSchema } from '../user.ts';

/** A user's name. It is a segment of a path, so `.` and `..` are refused where a user is created. */
export const userNameSchema = userSchema.properties.name;

export const groupNameSchema = nameSchema('The name of a group.');

export const versionSchema: TInteger = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Another one after each change, never used twice; in double quotes it is the ETag.',
});

/** What the service calls a credential, a rule or a key. */
export const idSchema: TString = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'Identifies it; given by the service.',
});

/** A moment, RFC 3339. */
export function timestampSchema(description: string): TString {
  return textSchema(description, { format: 'timestamp', maxLength: 35, pattern: timestampPattern });
}

/** A line for people. */
export function noteSchema(description: string): TString {
  return Type.String({ maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description });
}
