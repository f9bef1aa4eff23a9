/** Which algorithm a password verifier is of, by the way it begins: verifiers say so themselves. */
export const verifierAlgorithms = ['scrypt', 'argon2id', 'bcrypt'] as const;
export type VerifierAlgorithm = (typeof verifierAlgorithms)[number];

/** null: of none that is supported. Whether the rest is well formed is for the algorithm's own parser. */
export function verifierAlgorithmOf(text: string): VerifierAlgorithm | null {
  if (text.startsWith('$scrypt$')) return 'scrypt';
  if (text.startsWith('$argon2id$')) return 'argon2id';
  return /^\$2[aby]\$/.test(text) ? 'bcrypt' : null;
}
