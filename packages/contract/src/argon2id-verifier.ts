/**
 * argon2id verifiers as PHC strings: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, base64 without padding (RFC 9106). The
 * costs are bounded here, where a verifier enters, because whoever checks a password pays them. No message repeats any part
 * of the text.
 */
import { invalidText, type TextResult, validText } from './text-result.ts';
import { unpaddedBase64Length } from './unpadded-base64.ts';
import { verifierAlgorithmOf } from './verifier-algorithm.ts';

export interface Argon2idVerifierText {
  /** KiB. */
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  /** Base64 without padding. */
  readonly salt: string;
  readonly hash: string;
}

const maxTextLength = 256;
const maxMemoryKib = 256 * 1024;
/** Memory times passes of one check: about a second of a CPU. OWASP advises 38 MiB, RFC 9106 for little memory 192 MiB. */
const maxFilledKib = 1024 * 1024;

const shape =
  /^\$argon2id\$v=19\$m=(?<m>[0-9]{1,6}),t=(?<t>[0-9]{1,2}),p=(?<p>[0-9])\$(?<salt>[A-Za-z0-9+/]+)\$(?<hash>[A-Za-z0-9+/]+)$/;
const remedy = 'write $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash> with salt and hash in base64 without padding';

function refuseCost({ memoryKib, passes, parallelism }: Argon2idVerifierText): TextResult<never> | null {
  if (passes < 1 || passes > 10) return invalidText(`has t=${passes}`, 'use t from 1 to 10');
  if (parallelism < 1 || parallelism > 8) return invalidText(`has p=${parallelism}`, 'use p from 1 to 8');
  if (memoryKib > maxMemoryKib) return invalidText('needs more than 256 MiB for one check', 'lower m to 262144');
  // RFC 9106 section 3.1: at least eight blocks of a KiB for each lane.
  if (memoryKib < 8 * parallelism) return invalidText(`has m=${memoryKib}`, `use m from ${8 * parallelism} on`);
  return memoryKib * passes > maxFilledKib ? invalidText('takes too long to check', 'lower m or t') : null;
}

function refuseLengths({ salt, hash }: Argon2idVerifierText): TextResult<never> | null {
  const saltBytes = unpaddedBase64Length(salt);
  if (saltBytes < 8 || saltBytes > 64) return invalidText('has no salt of 8 to 64 bytes', remedy);
  const hashBytes = unpaddedBase64Length(hash);
  return hashBytes < 16 || hashBytes > 64 ? invalidText('has no hash of 16 to 64 bytes', remedy) : null;
}

/** A verifier within its bounds: version 1.3, m from 8 p to 262144 KiB, t 1 to 10, p 1 to 8, m times t at most 1 GiB. */
export function parseArgon2idVerifier(text: string): TextResult<Argon2idVerifierText> {
  const algorithm = verifierAlgorithmOf(text);
  if (algorithm !== null && algorithm !== 'argon2id')
    return invalidText(`is a verifier of ${algorithm}`, `write it as ${algorithm}: in place of argon2id:`);
  const groups = text.length <= maxTextLength ? shape.exec(text)?.groups : undefined;
  if (groups === undefined) {
    return algorithm === null
      ? invalidText('is not an argon2id verifier', `${remedy}; a password in clear is never accepted`)
      : invalidText('is not a well-formed argon2id verifier', remedy);
  }
  const verifier = {
    memoryKib: Number(groups['m']),
    passes: Number(groups['t']),
    parallelism: Number(groups['p']),
    salt: groups['salt'] ?? '',
    hash: groups['hash'] ?? '',
  };
  return refuseCost(verifier) ?? refuseLengths(verifier) ?? validText(verifier);
}
