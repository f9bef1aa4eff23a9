/**
 * API keys as text: `slc_<id>_<secret>_<checksum>`. The prefix lets scanners of leaked secrets find them, the id is public, the
 * secret is 256 random bits, the checksum is the CRC-32 of what is before it: a mistyped or truncated key is refused without
 * asking the database. All parts are letters and digits. Pure.
 */
import { crc32 } from 'node:zlib';

export interface KeyParts {
  readonly id: string;
  /** 43 digits of base 62: 256 bits. */
  readonly secret: string;
}

export type ParsedKey =
  | { readonly kind: 'Key'; readonly parts: KeyParts }
  | { readonly kind: 'WrongChecksum'; readonly id: string }
  | { readonly kind: 'Malformed' };

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;
const shape = /^slc_(?<id>[A-Za-z0-9]{16})_(?<secret>[A-Za-z0-9]{43})_(?<checksum>[A-Za-z0-9]{6})$/;
/** `slc_`, id, `_`, secret, `_`, checksum. */
export const keyTextLength = 4 + 16 + 1 + secretLength + 1 + checksumLength;

/** The secret's text, of fixed length whatever the bytes. */
export function encodeSecret(bytes: Uint8Array): string {
  if (bytes.length !== secretBytes) throw new RangeError(`a secret has ${secretBytes} bytes, not ${bytes.length}`);
  return inBase62(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), secretLength);
}

export function formatKey({ id, secret }: KeyParts): string {
  const body = `slc_${id}_${secret}`;
  return `${body}_${checksumOf(body)}`;
}

/** Never throws, whatever the text. */
export function parseKey(text: string): ParsedKey {
  const groups = text.length === keyTextLength ? shape.exec(text)?.groups : undefined;
  if (groups === undefined) return { kind: 'Malformed' };
  const { id = '', secret = '', checksum } = groups;
  const body = text.slice(0, -(checksumLength + 1));
  return checksumOf(body) === checksum ? { kind: 'Key', parts: { id, secret } } : { kind: 'WrongChecksum', id };
}

function checksumOf(body: string): string {
  return inBase62(BigInt(crc32(body)), checksumLength);
}

function inBase62(value: bigint, length: number): string {
  const base = BigInt(digits.length);
  let rest = value;
  let text = '';
  for (let place = 0; place < length; place++) {
    text = digits.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}
