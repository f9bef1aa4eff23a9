/**
 * The rules between a user's fields that no schema of one field holds. The file, the REST interface and the bus ask here, so
 * that they agree. Works on what could be read too: a key whose value was unreadable is there all the same.
 */
import { verifierAlgorithms } from './verifier-algorithm.ts';

/** A rule that is broken: where, counted from the user, what is wrong and what to do. */
export interface RuleBreach {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly remedy: string;
}

/** A user as far as it could be read. */
export interface ReadableUserSpec {
  readonly password?: object | undefined;
  readonly credentials?: readonly (object | undefined)[] | undefined;
}

/** What a password or credential of a ProxyUser may be. */
const sources: readonly string[] = [...verifierAlgorithms, 'secretRef'];

/** Every rule the user breaks; none for one that may be used. */
export function findUserBreaches(user: ReadableUserSpec): readonly RuleBreach[] {
  return breachesOf(user, verifierAlgorithms);
}

/** The rules of a ProxyUser, whose verifiers may be in Secrets. */
export function findProxyUserBreaches(user: ReadableUserSpec): readonly RuleBreach[] {
  return breachesOf(user, sources);
}

function breachesOf(user: ReadableUserSpec, keys: readonly string[]): readonly RuleBreach[] {
  const breaches: RuleBreach[] = [];
  if (!Object.hasOwn(user, 'password') && !Object.hasOwn(user, 'credentials')) {
    breaches.push({
      path: [],
      message: 'has neither password nor credentials',
      remedy: 'add password with a verifier; credentials: [] lets nobody in',
    });
  }
  breaches.push(...breachesOfHolder(user.password, ['password'], keys));
  for (const [index, credential] of (user.credentials ?? []).entries())
    breaches.push(...breachesOfHolder(credential, ['credentials', index], keys));
  return breaches;
}

/** `holder` is an object that has exactly one of the keys. */
function breachesOfHolder(
  holder: object | undefined,
  path: RuleBreach['path'],
  keys: readonly string[],
): readonly RuleBreach[] {
  if (holder === undefined) return [];
  const given = keys.filter((key) => Object.hasOwn(holder, key));
  if (given.length === 1) return [];
  const names = `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`;
  const message = given.length === 0 ? `has none of ${names}` : `has ${given.join(' and ')}`;
  return [{ path, message, remedy: keys === sources ? 'give exactly one' : 'give exactly one verifier' }];
}
