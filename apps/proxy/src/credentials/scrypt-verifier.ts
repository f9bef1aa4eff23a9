/**
 * The PHC text of a scrypt verifier, `$scrypt$ln=15,r=8,p=1$<salt>$<hash>` in base64 without padding, and its bounds. Pure: it
 * derives no key (derive-scrypt-key.ts). Bounds exist because the text comes from configuration that others may write: one check must
 * not take more memory or time than a proxy can spare.
 */

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

export type ScryptVerifierVerdict =
  | { readonly kind: 'verifier'; readonly verifier: ScryptVerifier }
  /** Says what is wrong and what is allowed; repeats neither salt nor hash. */
  | { readonly kind: 'invalid'; readonly problem: string };

export const scryptBounds = {
  ln: { min: 1, max: 17 },
  r: { min: 1, max: 32 },
  p: { min: 1, max: 16 },
  saltBytes: { min: 8, max: 64 },
  hashBytes: { min: 16, max: 64 },
  /** 128 * r * 2^ln: what one check holds while it runs. */
  memoryBytes: 128 * 1024 * 1024,
  /** r * p * 2^ln: what one check takes, in blocks; four times OWASP's smallest advice. */
  blocks: 4 * 8 * 2 ** 17,
  textLength: 256,
} as const;

const phcText = /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Reads a verifier. Never throws. */
export function parseScryptVerifier(text: string): ScryptVerifierVerdict {
  const match = text.length <= scryptBounds.textLength ? phcText.exec(text) : null;
  if (match === null)
    return invalid('is not of the form $scrypt$ln=15,r=8,p=3$<salt>$<hash> in base64 without padding');
  const [, ln, r, p, saltText = '', hashText = ''] = match;
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const problem = costProblem(cost);
  if (problem !== undefined) return invalid(problem);
  const salt = decodeBase64(saltText);
  const hash = decodeBase64(hashText);
  if (salt === null || !isWithin(salt.length, scryptBounds.saltBytes)) return invalid('needs a salt of 8 to 64 bytes');
  if (hash === null || !isWithin(hash.length, scryptBounds.hashBytes)) return invalid('needs a hash of 16 to 64 bytes');
  return { kind: 'verifier', verifier: { cost, salt, hash } };
}

/** The PHC text of a verifier; `parseScryptVerifier` reads it back. */
export function formatScryptVerifier({ cost, salt, hash }: ScryptVerifier): string {
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encodeBase64(salt)}$${encodeBase64(hash)}`;
}

function costProblem({ ln, r, p }: ScryptCost): string | undefined {
  if (!isWithin(ln, scryptBounds.ln)) return `has ln=${ln}; allowed is 1 to 17`;
  if (!isWithin(r, scryptBounds.r)) return `has r=${r}; allowed is 1 to 32`;
  if (!isWithin(p, scryptBounds.p)) return `has p=${p}; allowed is 1 to 16`;
  const memoryBytes = 128 * r * 2 ** ln;
  if (memoryBytes > scryptBounds.memoryBytes) return `needs ${memoryBytes} bytes a check; allowed is 134217728`;
  if (r * p * 2 ** ln > scryptBounds.blocks) return `takes too long with ln=${ln},r=${r},p=${p}; lower p`;
  // RFC 7914 section 2: N must be less than 2^(128 * r / 8).
  return ln < 16 * r ? undefined : `has ln=${ln}, too large for r=${r}; allowed is less than ${16 * r}`;
}

function isWithin(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max;
}

/** Null unless it encodes back to the same text: Buffer.from skips what it cannot read. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encodeBase64(bytes) === text ? bytes : null;
}

function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/={1,2}$/, '');
}

function invalid(problem: string): ScryptVerifierVerdict {
  return { kind: 'invalid', problem };
}
