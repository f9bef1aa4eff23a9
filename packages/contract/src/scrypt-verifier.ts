/**
 * scrypt verifiers as PHC strings: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding. The costs are bounded
 * here, where a verifier enters, because whoever checks a password pays them. No message repeats any part of the text.
 */
import { invalidText, type TextResult, validText } from './text-result.ts';

export interface ScryptVerifierText {
  /** log2 of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  /** Base64 without padding. */
  readonly salt: string;
  readonly hash: string;
}

const maxTextLength = 256;
/** 128 * N * r of one check (RFC 7914 section 2). */
const maxMemoryBytes = 128 * 1024 * 1024;
/** N * r * p of one check: four times the smallest cost OWASP advises. */
const maxBlocks = 4 * 8 * 2 ** 17;

const shape =
  /^\$scrypt\$ln=(?<ln>[0-9]{1,2}),r=(?<r>[0-9]{1,2}),p=(?<p>[0-9]{1,2})\$(?<salt>[A-Za-z0-9+/]+)\$(?<hash>[A-Za-z0-9+/]+)$/;
const remedy = 'write $scrypt$ln=15,r=8,p=1$<salt>$<hash> with salt and hash in base64 without padding';
const otherAlgorithm = /^\$(argon2id|argon2i|argon2d|2[abxy]|bcrypt|pbkdf2[a-z0-9-]*|[156]|y)\$/;
const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes of unpadded base64, or -1 when it is not what an encoder writes (impossible length, stray bits at the end). */
function decodedLength(base64: string): number {
  const tail = base64.length % 4;
  if (tail === 1) return -1;
  const unusedBits = tail === 2 ? 4 : tail === 3 ? 2 : 0;
  const lastDigit = base64Digits.indexOf(base64.at(-1) ?? '');
  if (lastDigit % 2 ** unusedBits !== 0) return -1;
  return Math.floor((base64.length * 3) / 4);
}

function refuseCost({ ln, r, p }: ScryptVerifierText): TextResult<never> | null {
  if (ln < 1 || ln > 17) return invalidText(`has ln=${ln}`, 'use ln from 1 to 17');
  if (r < 1 || r > 32) return invalidText(`has r=${r}`, 'use r from 1 to 32');
  if (p < 1 || p > 16) return invalidText(`has p=${p}`, 'use p from 1 to 16');
  if (128 * 2 ** ln * r > maxMemoryBytes) return invalidText('needs more than 128 MiB for one check', 'lower ln or r');
  if (2 ** ln * r * p > maxBlocks) return invalidText('takes too long to check', 'lower p');
  return ln < 16 * r ? null : invalidText(`has ln=${ln}, too large for r=${r} (RFC 7914 section 2)`, 'raise r');
}

function refuseLengths({ salt, hash }: ScryptVerifierText): TextResult<never> | null {
  const saltBytes = decodedLength(salt);
  if (saltBytes < 8 || saltBytes > 64) return invalidText('has no salt of 8 to 64 bytes', remedy);
  const hashBytes = decodedLength(hash);
  return hashBytes < 16 || hashBytes > 64 ? invalidText('has no hash of 16 to 64 bytes', remedy) : null;
}

/** A verifier within its bounds: ln <= 17, r <= 32, p <= 16, 128 MiB, salt of 8 to 64 bytes, hash of 16 to 64 bytes. */
export function parseScryptVerifier(text: string): TextResult<ScryptVerifierText> {
  if (otherAlgorithm.test(text))
    return invalidText('is a verifier of another algorithm, which is not supported yet', remedy);
  const groups = text.length <= maxTextLength ? shape.exec(text)?.groups : undefined;
  if (groups === undefined) {
    return text.startsWith('$scrypt$')
      ? invalidText('is not a well-formed scrypt verifier', remedy)
      : invalidText('is not a scrypt verifier', `${remedy}; a password in clear is never accepted`);
  }
  const verifier = {
    ln: Number(groups['ln']),
    r: Number(groups['r']),
    p: Number(groups['p']),
    salt: groups['salt'] ?? '',
    hash: groups['hash'] ?? '',
  };
  return refuseCost(verifier) ?? refuseLengths(verifier) ?? validText(verifier);
}
