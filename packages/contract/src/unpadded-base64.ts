/** Base64 as PHC strings have it: no padding, and only as an encoder writes it, so that one value has one text. */
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes of the text, or -1 when no encoder writes it: an impossible length, stray bits at the end. Other characters are not looked for. */
export function unpaddedBase64Length(base64: string): number {
  const tail = base64.length % 4;
  if (tail === 1) return -1;
  const unusedBits = tail === 2 ? 4 : tail === 3 ? 2 : 0;
  const lastDigit = digits.indexOf(base64.at(-1) ?? '');
  if (lastDigit % 2 ** unusedBits !== 0) return -1;
  return Math.floor((base64.length * 3) / 4);
}
