/**
 * Which verifier each user has now, and the stand-in that unknown users are checked against. Not here: checking.
 * Invariant: the same user with the same verifier text keeps the same object over reloads, so identity means "unchanged".
 */
import { defaultScryptCost } from './hash-password.ts';
import { parseScryptVerifier, type ScryptCost, type ScryptVerifier } from './scrypt-verifier.ts';

export interface UserVerifier {
  /** False: nobody has this name; the verifier only costs as much time as a real one and fits no password. */
  readonly isKnown: boolean;
  readonly verifier: ScryptVerifier;
}

interface KnownUser extends UserVerifier {
  readonly text: string;
}

const standInSaltBytes = 16;
const standInHashBytes = 32;

export class UserVerifiers {
  readonly #randomBytes: (size: number) => Buffer;
  #byName: ReadonlyMap<string, KnownUser> = new Map();
  #standIn: UserVerifier;

  constructor(randomBytes: (size: number) => Buffer) {
    this.#randomBytes = randomBytes;
    this.#standIn = this.#makeStandIn(defaultScryptCost);
  }

  /** What a user that does not exist is checked against. */
  get standIn(): UserVerifier {
    return this.#standIn;
  }

  of(name: string): UserVerifier {
    return this.#byName.get(name) ?? this.#standIn;
  }

  /** A user whose verifier does not parse is left out, which refuses it: configuration was validated before. */
  replace(users: readonly { readonly name: string; readonly scrypt: string }[]): void {
    const byName = new Map<string, KnownUser>();
    for (const { name, scrypt } of users) {
      const known = this.#byName.get(name);
      const user = known?.text === scrypt ? known : parseUser(scrypt);
      if (user !== undefined) byName.set(name, user);
    }
    this.#byName = byName;
    const cost = mostFrequentCost(byName.values());
    if (!isSameCost(cost, this.#standIn.verifier.cost)) this.#standIn = this.#makeStandIn(cost);
  }

  #makeStandIn(cost: ScryptCost): UserVerifier {
    const verifier = { cost, salt: this.#randomBytes(standInSaltBytes), hash: this.#randomBytes(standInHashBytes) };
    return { isKnown: false, verifier };
  }
}

function parseUser(text: string): KnownUser | undefined {
  const verifier = parseScryptVerifier(text);
  return verifier === null ? undefined : { isKnown: true, verifier, text };
}

function mostFrequentCost(users: Iterable<UserVerifier>): ScryptCost {
  const counts = new Map<string, { readonly cost: ScryptCost; count: number }>();
  let best = { cost: defaultScryptCost, count: 0 };
  for (const { verifier } of users) {
    const { ln, r, p } = verifier.cost;
    const entry = counts.get(`${ln},${r},${p}`) ?? { cost: verifier.cost, count: 0 };
    entry.count++;
    counts.set(`${ln},${r},${p}`, entry);
    if (entry.count > best.count) best = entry;
  }
  return best.cost;
}

function isSameCost(a: ScryptCost, b: ScryptCost): boolean {
  return a.ln === b.ln && a.r === b.r && a.p === b.p;
}
