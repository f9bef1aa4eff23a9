/**
 * A scrypt verifier in the form checks use: cost, salt and hash as bytes. Its text is read by the contract's parser, which also
 * holds the bounds, so that what validation lets in is what is checked. Pure: keys are derived in derive-scrypt-key.ts.
 */
import { parseScryptVerifier as parsePhcText } from '@sluice/contract/scrypt-verifier.ts';

export interface ScryptCost {
  /** log2 of the iteration count N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

export interface ScryptVerifier {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Reads `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`; null where the contract's parser refuses it. Never throws. */
export function parseScryptVerifier(text: string): ScryptVerifier | null {
  const result = parsePhcText(text);
  if (result.kind === 'invalid') return null;
  const { ln, r, p, salt, hash } = result.value;
  return {
    cost: { ln, r, p },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

/** The PHC text of a verifier; `parseScryptVerifier` reads it back. */
export function formatScryptVerifier({ cost, salt, hash }: ScryptVerifier): string {
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encodeBase64(salt)}$${encodeBase64(hash)}`;
}

function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/={1,2}$/, '');
}
