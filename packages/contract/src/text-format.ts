/**
 * The formats that `format` in a schema may name, each with the function that judges a text. A format says more than a
 * pattern can (`10.0.0.1/8` has host bits, `1x` is no duration) and says it in words.
 */
import { parseArgon2idVerifier } from './argon2id-verifier.ts';
import { parseBcryptVerifier } from './bcrypt-verifier.ts';
import { parseBindAddress } from './bind-address.ts';
import { parseCidr } from './cidr.ts';
import { parseDuration, parsePositiveDuration } from './duration.ts';
import { parseEndpointUrl } from './endpoint-url.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parseNatsUrl } from './nats-url.ts';
import { parseScryptVerifier } from './scrypt-verifier.ts';
import { hasControlCharacter, utf8Length } from './text-measure.ts';
import { invalidText, type TextResult, validText } from './text-result.ts';
import { parseTimestamp } from './timestamp.ts';

function parseResourceName(text: string): TextResult<string> {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)) return validText(text);
  return invalidText('is not a name', 'use letters, digits, - _ and . with a letter or digit at both ends');
}

/** A label value of Kubernetes that is not empty. */
function parseZoneName(text: string): TextResult<string> {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)) return validText(text);
  return invalidText('is not the name of a zone', 'use letters, digits, - _ and . with a letter or digit at both ends');
}

function parseUserName(text: string): TextResult<string> {
  if (text.includes(':'))
    return invalidText('has a colon, which HTTP Basic credentials cannot carry', 'leave the colon out');
  if (hasControlCharacter(text)) return invalidText('has a control character', 'use letters, digits and punctuation');
  if (utf8Length(text) > 255) return invalidText('is longer than the 255 bytes SOCKS5 can carry', 'shorten it');
  return validText(text);
}

function parseAlpnId(text: string): TextResult<string> {
  if (/^[\x21-\x7e]+$/.test(text)) return validText(text);
  return invalidText('is not an ALPN protocol name', 'write it as registered, e.g. h2 or http/1.1');
}

function parseProxyId(text: string): TextResult<string> {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(text)) return validText(text);
  return invalidText('is not the id of a proxy', 'use 1 to 128 letters, digits, - and _');
}

/** A name of one label, as Services and namespaces have. */
function parseDnsLabel(text: string): TextResult<string> {
  if (/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return validText(text);
  return invalidText('is not a name of Kubernetes', 'use lower-case letters, digits and -, 63 characters at most');
}

/** A name of labels joined by dots, as most objects have. */
function parseDnsSubdomain(text: string): TextResult<string> {
  const isName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text);
  if (isName && text.length <= 253) return validText(text);
  return invalidText('is not a name of Kubernetes', 'use lower-case letters, digits, - and .');
}

/** A key of a Secret's data. */
function parseSecretKey(text: string): TextResult<string> {
  if (/^[-._A-Za-z0-9]+$/.test(text)) return validText(text);
  return invalidText('is not a key of a Secret', 'use letters, digits, - _ and .');
}

function parseFilePath(text: string): TextResult<string> {
  if (!hasControlCharacter(text)) return validText(text);
  return invalidText('has a control character', 'write the path of a file');
}

export const textFormats = {
  'resource-name': parseResourceName,
  'user-name': parseUserName,
  'zone-name': parseZoneName,
  'alpn-id': parseAlpnId,
  'bind-address': parseBindAddress,
  cidr: parseCidr,
  'host-pattern': parseHostPattern,
  'endpoint-url': parseEndpointUrl,
  'positive-duration': parsePositiveDuration,
  'duration-or-none': parseDuration,
  'scrypt-verifier': parseScryptVerifier,
  'argon2id-verifier': parseArgon2idVerifier,
  'bcrypt-verifier': parseBcryptVerifier,
  timestamp: parseTimestamp,
  'nats-url': parseNatsUrl,
  'proxy-id': parseProxyId,
  'file-path': parseFilePath,
  'dns-label': parseDnsLabel,
  'dns-subdomain': parseDnsSubdomain,
  'secret-key': parseSecretKey,
} as const satisfies Readonly<Record<string, (text: string) => TextResult<unknown>>>;

export type TextFormat = keyof typeof textFormats;
