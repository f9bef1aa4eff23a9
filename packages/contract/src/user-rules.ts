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

const names = `${verifierAlgorithms.slice(0, -1).join(', ')} and ${verifierAlgorithms.at(-1)}`;

/** Every rule the user breaks; none for one that may be used. */
export function findUserBreaches(user: ReadableUserSpec): readonly RuleBreach[] {
  const breaches: RuleBreach[] = [];
  if (!Object.hasOwn(user, 'password') && !Object.hasOwn(user, 'credentials')) {
    breaches.push({
      path: [],
      message: 'has neither password nor credentials',
      remedy: 'add password with a verifier; credentials: [] lets nobody in',
    });
  }
  breaches.push(...breachesOfHolder(user.password, ['password']));
  for (const [index, credential] of (user.credentials ?? []).entries())
    breaches.push(...breachesOfHolder(credential, ['credentials', index]));
  return breaches;
}

/** `holder` is an object of which exactly one key names an algorithm. */
function breachesOfHolder(holder: object | undefined, path: RuleBreach['path']): readonly RuleBreach[] {
  if (holder === undefined) return [];
  const given = verifierAlgorithms.filter((algorithm) => Object.hasOwn(holder, algorithm));
  if (given.length === 1) return [];
  const message = given.length === 0 ? `has none of ${names}` : `has ${given.join(' and ')}`;
  return [{ path, message, remedy: 'give exactly one verifier' }];
}
