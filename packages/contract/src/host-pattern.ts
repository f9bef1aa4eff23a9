/**
 * Host names and the wildcard patterns over them, in one canonical form: lower case, no trailing dot, letters, digits,
 * hyphens and underscores only. Non-ASCII names are refused with the A-label to write: on the wire (SNI, CONNECT) only
 * that form appears, and comparing the other would never match.
 */
import { parseIpAddress } from './ip-address.ts';
import { invalidText, type TextResult, validText } from './text-result.ts';

const labelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const maxNameLength = 253;

function asciiOf(text: string): string | null {
  // The platform's URL parser does the IDNA mapping; what it rejects has no A-label to propose.
  const wildcard = text.startsWith('*.') ? '*.' : '';
  const parsed = URL.parse(`http://${text.slice(wildcard.length)}/`);
  return parsed === null || parsed.hostname === '' ? null : wildcard + parsed.hostname;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** Canonical spelling of a host name; address literals are not names and are refused. */
export function parseHostName(text: string): TextResult<string> {
  if (!isAscii(text)) {
    const ascii = text.length <= maxNameLength ? asciiOf(text) : null;
    return invalidText(
      'is not an ASCII host name',
      ascii === null ? 'write its A-label (xn--…)' : `write its A-label, ${ascii}`,
    );
  }
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  if (parseIpAddress(name.startsWith('[') ? name.slice(1, -1) : name) !== null) {
    return invalidText('is an address, not a host name', 'name the host, or use a CIDR field for addresses');
  }
  const labels = name.split('.');
  if (name.length > maxNameLength) return invalidText('is longer than 253 characters', 'shorten the name');
  if (!labels.every((label) => labelPattern.test(label))) {
    return invalidText(
      'is not a host name',
      'use labels of letters, digits, - and _ joined by dots, e.g. www.example.com',
    );
  }
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) {
    return invalidText(
      'ends in a number, which makes it an address, not a host name',
      'name the host, or use a CIDR field for addresses',
    );
  }
  return validText(name);
}

/** Canonical spelling of a host name or of `*.` before one; a `*` anywhere else is refused. */
export function parseHostPattern(text: string): TextResult<string> {
  if (text === '*')
    return invalidText('would match every name', 'leave the list out to ask for no name, or write *.example.com');
  const isWildcard = text.startsWith('*.');
  const base = isWildcard ? text.slice(2) : text;
  if (base.includes('*'))
    return invalidText('has a * that is not its whole first label', 'write *.example.com or an exact name');
  if (!isAscii(text)) return parseHostName(text);
  const parsed = parseHostName(base);
  return parsed.kind === 'valid' && isWildcard ? validText(`*.${parsed.value}`) : parsed;
}
