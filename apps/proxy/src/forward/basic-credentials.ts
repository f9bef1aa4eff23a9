/**
 * Reads the credentials of a `Basic` header value (RFC 7617, RFC 9110 section 11.4). Checks their form, never their truth.
 */
import { parseCredentialText } from './credential-text.ts';

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** The scheme's name in any case, blanks, and token68 of base64; a blank is the only separator there is (section 11.4). */
const basic = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const colon = 0x3a;

/** Null for another scheme, broken base64, no colon, an empty user, or text that is not UTF-8. Never throws. */
export function parseBasicCredentials(value: string): BasicCredentials | null {
  const encoded = basic.exec(value)?.[1];
  if (encoded === undefined) return null;
  const decoded = Buffer.from(encoded, 'base64');
  // Buffer.from skips what it cannot read; only text that encodes back to itself was base64. Padding may be left out.
  if (withoutPadding(decoded.toString('base64')) !== withoutPadding(encoded)) return null;
  const separator = decoded.indexOf(colon);
  if (separator < 1) return null;
  const user = parseCredentialText(decoded, 0, separator);
  const password = parseCredentialText(decoded, separator + 1, decoded.length);
  return user === null || password === null ? null : { user, password };
}

function withoutPadding(base64: string): string {
  return base64.replace(/={1,2}$/, '');
}
