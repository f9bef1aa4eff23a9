/**
 * Which text may reach the system's resolver. getaddrinfo(3) reads `0177.1`, `0x7f.1` and `2130706433` as addresses
 * (inet_aton) and node:dns maps other scripts' digits to ASCII: a name that could be taken for an address must not get there.
 */

const longestName = 253;
const namePattern = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** As WHATWG URL's "ends in a number": no top-level domain is a number. */
const numberPattern = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/** Whether this lower-case text is a host name in the sense of DNS, with or without a trailing dot. */
export function isResolvableName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length > longestName || !namePattern.test(name)) return false;
  return !numberPattern.test(name.slice(name.lastIndexOf('.') + 1));
}
