/**
 * Reads a user name or a password out of client bytes. SOCKS5 (RFC 1929) names no character set and Basic is asked to use
 * UTF-8 (RFC 7617 section 2.1), so both are UTF-8 here: the same password works over either protocol.
 * Control characters are refused as RFC 7617 section 2 demands, which also keeps NUL out of every key built from a user name.
 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or null: not UTF-8, or with a control character (C0, DEL, C1). Never throws. */
export function parseCredentialText(bytes: Buffer, start: number, end: number): string | null {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte === 0x7f) return null;
    // C1 controls are C2 80..C2 9F in UTF-8; C2 as the last byte is none at all.
    if (byte === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0) return null;
  }
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}
