/**
 * What checking a password of a user costs, as the beginnings of the user's verifiers without salt and hash; and how many
 * users have which, so that somebody unknown can cost as much as most do. Pure but for the salt that is handed in.
 */
import { unpackCredentials } from './packed-user.ts';

/** The costs, a line for each credential; empty: none, there is nothing to check. */
export function costProfileOf(credentials: string): string {
  if (credentials === '') return '';
  if (!credentials.includes('\n') && !credentials.includes(' ')) return costOf(credentials);
  return unpackCredentials(credentials)
    .map(({ verifier }) => costOf(verifier))
    .join('\n');
}

/** Verifiers of the same costs that fit no password anybody knows. */
export function standInVerifiers(profile: string, randomBytes: (size: number) => Buffer): string {
  return profile
    .split('\n')
    .map((cost) => `${cost}${cost.startsWith('$2') ? bcryptTail(randomBytes) : phcTail(randomBytes)}`)
    .join('\n');
}

/** Counts profiles and knows the most frequent one. */
export class CostCensus {
  readonly #counts = new Map<string, number>();
  /** null: its count went down, the best must be looked for. */
  #best: ProfileCount | null = nobody;

  add(credentials: string): void {
    const profile = costProfileOf(credentials);
    if (profile === '') return;
    const count = (this.#counts.get(profile) ?? 0) + 1;
    this.#counts.set(profile, count);
    if (this.#best !== null && count > this.#best.count) this.#best = { profile, count };
  }

  remove(credentials: string): void {
    const profile = costProfileOf(credentials);
    const count = this.#counts.get(profile) ?? 0;
    if (count > 1) this.#counts.set(profile, count - 1);
    else this.#counts.delete(profile);
    if (profile === this.#best?.profile) this.#best = null;
  }

  /** What most users cost; a count of 0 when there is nobody. */
  get mostFrequent(): ProfileCount {
    this.#best ??= this.#lookForBest();
    return this.#best;
  }

  #lookForBest(): ProfileCount {
    let best = nobody;
    for (const [profile, count] of this.#counts) if (count > best.count) best = { profile, count };
    return best;
  }
}

interface ProfileCount {
  readonly profile: string;
  readonly count: number;
}

const nobody: ProfileCount = { profile: '', count: 0 };

const saltBytes = 16;
const hashBytes = 32;
const bcryptDigits = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `$scrypt$ln=15,r=8,p=1$`, `$argon2id$v=19$m=19456,t=2,p=1$`, `$2b$12$`: up to the salt. */
function costOf(verifier: string): string {
  if (verifier.startsWith('$2')) return verifier.slice(0, '$2b$12$'.length);
  return verifier.slice(0, verifier.lastIndexOf('$', verifier.lastIndexOf('$') - 1) + 1);
}

function phcTail(randomBytes: (size: number) => Buffer): string {
  return `${unpadded(randomBytes(saltBytes))}$${unpadded(randomBytes(hashBytes))}`;
}

/** 22 digits of salt and 31 of hash, of which the last hold four and two bits that must be zero. */
function bcryptTail(randomBytes: (size: number) => Buffer): string {
  const digits = Array.from(randomBytes(53), (byte, index) => {
    const mask = index === 21 ? 0x30 : index === 52 ? 0x3c : 0x3f;
    return bcryptDigits.charAt(byte & mask);
  });
  return digits.join('');
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/={1,2}$/, '');
}
