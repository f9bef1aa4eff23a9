/**
 * bcrypt verifiers in the modular form: `$2b$12$`, 22 characters of salt and 31 of hash in bcrypt's own base64. Taken over
 * from other systems; the cost is bounded here, where a verifier enters, because whoever checks a password pays it. No
 * message repeats any part of the text.
 */
import { invalidText, type TextResult, validText } from './text-result.ts';
import { verifierAlgorithmOf } from './verifier-algorithm.ts';

export interface BcryptVerifierText {
  /** `2x` (a known error of one implementation) is not among them. */
  readonly variant: '2a' | '2b' | '2y';
  /** log2 of the rounds. */
  readonly cost: number;
}

// 22 characters hold 132 bits of which 128 are salt, 31 hold 186 of which 184 are hash: an encoder leaves the rest zero.
const shape = /^\$(?<variant>2[aby])\$(?<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
const remedy = 'write $2b$<cost>$ and 53 characters of salt and hash, as htpasswd -B prints it behind the name';

/** A verifier within its bounds: variant 2a, 2b or 2y, cost 4 to 14. */
export function parseBcryptVerifier(text: string): TextResult<BcryptVerifierText> {
  const algorithm = verifierAlgorithmOf(text);
  if (algorithm !== null && algorithm !== 'bcrypt')
    return invalidText(`is a verifier of ${algorithm}`, `write it as ${algorithm}: in place of bcrypt:`);
  if (algorithm === null)
    return invalidText('is not a bcrypt verifier', `${remedy}; a password in clear is never accepted`);
  const { variant, cost } = shape.exec(text)?.groups ?? {};
  if (!isVariant(variant)) return invalidText('is not a well-formed bcrypt verifier', remedy);
  const rounds = Number(cost);
  if (rounds < 4 || rounds > 14) return invalidText(`has cost ${rounds}`, 'use a cost from 4 to 14');
  return validText({ variant, cost: rounds });
}

function isVariant(text: string | undefined): text is BcryptVerifierText['variant'] {
  return text === '2a' || text === '2b' || text === '2y';
}
