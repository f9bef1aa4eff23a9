/**
 * scrypt verifiers as PHC strings: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding. The costs are bounded
 * here, where a verifier enters, because whoever checks a password pays them. No message repeats any part of the text.
 */
import { invalidText, type TextResult, validText } from './text-result.ts';
import { unpaddedBase64Length } from './unpadded-base64.ts';
import { verifierAlgorithmOf } from './verifier-algorithm.ts';

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
function refuseCost({ ln, r, p }: ScryptVerifierText): TextResult<never> | null {
  if (ln < 1 || ln > 17) return invalidText(`has ln=${ln}`, 'use ln from 1 to 17');
  if (r < 1 || r > 32) return invalidText(`has r=${r}`, 'use r from 1 to 32');
  if (p < 1 || p > 16) return invalidText(`has p=${p}`, 'use p from 1 to 16');
  if (128 * 2 ** ln * r > maxMemoryBytes) return invalidText('needs more than 128 MiB for one check', 'lower ln or r');
  if (2 ** ln * r * p > maxBlocks) return invalidText('takes too long to check', 'lower p');
  return ln < 16 * r ? null : invalidText(`has ln=${ln}, too large for r=${r} (RFC 7914 section 2)`, 'raise r');
}

function refuseLengths({ salt, hash }: ScryptVerifierText): TextResult<never> | null {
  const saltBytes = unpaddedBase64Length(salt);
  if (saltBytes < 8 || saltBytes > 64) return invalidText('has no salt of 8 to 64 bytes', remedy);
  const hashBytes = unpaddedBase64Length(hash);
  return hashBytes < 16 || hashBytes > 64 ? invalidText('has no hash of 16 to 64 bytes', remedy) : null;
}

/** A verifier within its bounds: ln <= 17, r <= 32, p <= 16, 128 MiB, salt of 8 to 64 bytes, hash of 16 to 64 bytes. */
export function parseScryptVerifier(text: string): TextResult<ScryptVerifierText> {
  const algorithm = verifierAlgorithmOf(text);
  if (algorithm !== null && algorithm !== 'scrypt')
    return invalidText(`is a verifier of ${algorithm}`, `write it as ${algorithm}: in place of scrypt:`);
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
