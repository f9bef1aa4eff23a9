/**
 * A NATS user key (NKey): Ed25519, as base32 with a prefix for what it is and a CRC-16 at the end, the form of nats-server's
 * `nkey:` and of a seed file.
 */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

export interface Nkey {
  /** `U…` */
  readonly publicKey: string;
  /** `SU…` */
  readonly seed: string;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const userPrefix = 20 << 3;
const seedPrefix = 18 << 3;
/** PKCS #8 around the 32 bytes of an Ed25519 seed (RFC 8410 section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

export function makeNkey(): Nkey {
  const raw = randomBytes(32);
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, raw]), format: 'der', type: 'pkcs8' });
  const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    publicKey: encode(Buffer.from([userPrefix]), publicBytes),
    seed: encode(Buffer.from([seedPrefix | (userPrefix >> 5), (userPrefix & 31) << 3]), raw),
  };
}

function encode(prefix: Buffer, key: Buffer): string {
  const body = Buffer.concat([prefix, key]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(body));
  return base32(Buffer.concat([body, checksum]));
}

/** CRC-16/XMODEM. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

/** RFC 4648 section 6, without padding. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/gu) ?? [];
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
