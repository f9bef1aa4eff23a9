/**
 * A resolver whose answers are the test's: what real name servers cannot be made to say at will. Like the real one it gives
 * up with the signal's reason.
 */
import assert from 'node:assert/strict';
import type { IpAddress } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';
import { ResolveError, type ResolveErrorCode } from '../../src/upstream/resolve-error.ts';
import type { AddressFamily, Resolver } from '../../src/upstream/resolver.ts';

type Answer = () => Promise<readonly IpAddress[]>;

export class ScriptedResolver implements Resolver {
  /** `name/family` of each lookup, in order. */
  readonly asked: string[] = [];
  readonly #cached = new Map<string, readonly IpAddress[]>();
  readonly #answers = new Map<string, Answer>();

  /** The name is known without waiting. */
  know(name: string, ...texts: readonly string[]): void {
    this.#cached.set(name, texts.map(addressOf));
  }

  answer(name: string, ...texts: readonly string[]): void {
    this.#answers.set(name, () => Promise.resolve(texts.map(addressOf)));
  }

  fail(name: string, code: ResolveErrorCode): void {
    this.#answers.set(name, () => Promise.reject(new ResolveError(name, code, 'as the test says')));
  }

  /** The name is answered when the returned function is called. */
  hold(name: string): (...texts: readonly string[]) => void {
    const { promise, resolve } = Promise.withResolvers<readonly IpAddress[]>();
    this.#answers.set(name, () => promise);
    return (...texts) => resolve(texts.map(addressOf));
  }

  cached(host: string, _family: AddressFamily): readonly IpAddress[] | undefined {
    return this.#cached.get(host);
  }

  async resolve(host: string, family: AddressFamily, signal: AbortSignal): Promise<readonly IpAddress[]> {
    this.asked.push(`${host}/${family}`);
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(new DOMException('no answer in time', 'TimeoutError')));
    const answer = this.#answers.get(host);
    if (answer === undefined) throw new ResolveError(host, 'NotFound', 'the test knows no such name');
    return await Promise.race([answer(), aborted.promise]);
  }
}

export function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text);
  assert.ok(address !== undefined, text);
  return address;
}
