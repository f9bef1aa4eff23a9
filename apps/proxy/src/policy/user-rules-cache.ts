/**
 * Allow rules compiled when somebody connects, kept by their text: users of one group share theirs, and a million users who
 * are away cost nothing.
 */
import { unpackAllow } from '../users/packed-user.ts';
import { type CompiledAllowRules, compileAllowRules } from './compile-allow-rules.ts';

const maxCompiled = 4096;

export class UserRulesCache {
  readonly #compiled = new Map<string, CompiledAllowRules>();

  /** null (every public destination) for null. */
  rulesOf(allow: string | null): CompiledAllowRules | null {
    if (allow === null) return null;
    const known = this.#compiled.get(allow);
    if (known !== undefined) return known;
    const rules = compileAllowRules(unpackAllow(allow));
    // Compiling takes microseconds: starting over now and then costs less than an order of use at every judgement.
    if (this.#compiled.size >= maxCompiled) this.#compiled.clear();
    this.#compiled.set(allow, rules);
    return rules;
  }
}
