/**
 * The Resolver over the system's own (node:dns lookup: hosts file, search domains, nsswitch), which has no cache, no deadline
 * and cannot be cancelled. This adds them: one lookup at a time for each name, however many wait for it; answers, failures
 * and stale answers as resolver-cache.ts has them; at most so many lookups at once and waiting (resolver-limits.ts).
 * Invariant: what is not a host name, addresses of any spelling above all, never reaches the system.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { type IpAddress, unmappedIpAddress } from '../routing/ip-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';
import { abortable } from './abortable.ts';
import { LookupQueue } from './lookup-queue.ts';
import { isResolvableName } from './resolvable-name.ts';
import { ResolveError } from './resolve-error.ts';
import type { AddressFamily, Resolver } from './resolver.ts';
import { type AddressesByFamily, type CachedAnswer, ResolverCache } from './resolver-cache.ts';
import { defaultResolverLimits, type ResolverLimits } from './resolver-limits.ts';

/** Address texts in order of preference, IPv6 and IPv4 mixed; rejects with an error that has a `code`. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export interface SystemResolverOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly lookup?: Lookup;
  readonly limits?: Partial<ResolverLimits>;
}

/** Totals since start, but for `entries`, which is now. */
export interface ResolverStats {
  readonly lookups: number;
  readonly failures: number;
  readonly timeouts: number;
  readonly overloads: number;
  readonly staleAnswers: number;
  readonly evictions: number;
  readonly entries: number;
}

export interface SystemResolver extends Resolver {
  stats(): ResolverStats;
}

export function createSystemResolver(options: SystemResolverOptions): SystemResolver {
  return new CachingResolver(options);
}

interface Flight {
  readonly answer: PromiseWithResolvers<AddressesByFamily>;
  /** Its deadline has passed, the system has not answered yet. */
  isOverdue: boolean;
}

class CachingResolver implements SystemResolver {
  readonly #now: () => number;
  readonly #lookup: Lookup;
  readonly #limits: ResolverLimits;
  readonly #cache: ResolverCache;
  readonly #queue: LookupQueue;
  readonly #flights = new Map<string, Flight>();
  readonly #counters = { lookups: 0, failures: 0, timeouts: 0, overloads: 0, staleAnswers: 0 };

  constructor({ now, lookup = lookUpInSystem, limits }: SystemResolverOptions) {
    this.#now = now;
    this.#lookup = lookup;
    this.#limits = { ...defaultResolverLimits, ...limits };
    this.#cache = new ResolverCache(this.#limits);
    this.#queue = new LookupQueue(this.#limits.maxConcurrentLookups, this.#limits.maxQueuedLookups);
  }

  stats(): ResolverStats {
    return { ...this.#counters, evictions: this.#cache.evictions, entries: this.#cache.size };
  }

  cached(host: string, family: AddressFamily): readonly IpAddress[] | undefined {
    const literal = parseIpAddress(host);
    const addresses = literal === undefined ? this.#cachedAnswer(host.toLowerCase()) : byFamily([literal]);
    const list = addresses?.[family];
    return list === undefined || list.length === 0 ? undefined : list;
  }

  async resolve(host: string, family: AddressFamily, signal: AbortSignal): Promise<readonly IpAddress[]> {
    const literal = parseIpAddress(host);
    const addresses = literal === undefined ? await this.#answerFor(host.toLowerCase(), signal) : byFamily([literal]);
    const list = addresses[family];
    if (list.length === 0) throw new ResolveError(host, 'NotFound', `it has no IPv${family} address`);
    return list;
  }

  #cachedAnswer(name: string): AddressesByFamily | undefined {
    const finding = this.#cache.find(name, this.#now());
    return finding?.kind === 'answer' ? this.#use(name, finding) : undefined;
  }

  #use(name: string, answer: CachedAnswer): AddressesByFamily {
    if (answer.isStale) this.#counters.staleAnswers++;
    if (answer.isRefreshDue && !this.#flights.has(name)) this.#startFlight(name);
    return answer.addresses;
  }

  async #answerFor(name: string, signal: AbortSignal): Promise<AddressesByFamily> {
    if (!isResolvableName(name)) throw new ResolveError(name, 'NotFound', 'it is not a host name');
    const finding = this.#cache.find(name, this.#now());
    if (finding?.kind === 'answer') return this.#use(name, finding);
    if (finding?.kind === 'failure') throw finding.error;
    const flight = this.#flights.get(name) ?? this.#startFlight(name);
    if (flight.isOverdue) throw this.#timeoutError(name);
    return abortable(flight.answer.promise, signal);
  }

  #startFlight(name: string): Flight {
    const flight: Flight = { answer: Promise.withResolvers(), isOverdue: false };
    // A refresh in the background may have nobody who waits for it; its failure is in the cache and the counters.
    flight.answer.promise.catch(() => undefined);
    this.#flights.set(name, flight);
    void this.#fly(name, flight);
    return flight;
  }

  /** Never rejects. The flight stays in the table until the system answers, so that a hanging name holds one lookup, not more. */
  async #fly(name: string, flight: Flight): Promise<void> {
    const deadline = setTimeout(() => {
      flight.isOverdue = true;
      this.#counters.timeouts++;
      this.#fail(name, flight, this.#timeoutError(name));
    }, this.#limits.lookupTimeoutMs);
    try {
      const addresses = await this.#lookUp(name, flight);
      this.#cache.storeAnswer(name, addresses, this.#now());
      flight.answer.resolve(addresses);
    } catch (error) {
      if (!flight.isOverdue) this.#fail(name, flight, toResolveError(name, error));
    } finally {
      clearTimeout(deadline);
      this.#flights.delete(name);
    }
  }

  #fail(name: string, flight: Flight, error: ResolveError): void {
    this.#counters.failures++;
    const stale = this.#cache.storeFailure(name, error, this.#now());
    if (stale === undefined) {
      flight.answer.reject(error);
      return;
    }
    this.#counters.staleAnswers++;
    flight.answer.resolve(stale);
  }

  async #lookUp(name: string, flight: Flight): Promise<AddressesByFamily> {
    const texts = this.#queue.run(async () => {
      // Its time ran out in the queue: nobody waits for it any more.
      if (flight.isOverdue) throw this.#timeoutError(name);
      this.#counters.lookups++;
      return this.#lookup(name);
    });
    if (texts === undefined) {
      this.#counters.overloads++;
      const { maxQueuedLookups } = this.#limits;
      throw new ResolveError(name, 'Overloaded', `${maxQueuedLookups} lookups are waiting for the system's resolver`);
    }
    const addresses = readAddresses(await texts, this.#limits.maxAddressesPerName);
    if (addresses.length === 0)
      throw new ResolveError(name, 'NotFound', 'the answer holds no address that can be dialled');
    return byFamily(addresses);
  }

  #timeoutError(name: string): ResolveError {
    return new ResolveError(
      name,
      'Timeout',
      `the system's resolver gave no answer within ${this.#limits.lookupTimeoutMs} ms`,
    );
  }
}

async function lookUpInSystem(name: string): Promise<readonly string[]> {
  const answers = await systemLookup(name, { all: true, order: 'verbatim' });
  return answers.map((answer) => answer.address);
}

/** Link-local addresses come with a zone, which a route cannot name: they are left out. */
function readAddresses(texts: readonly string[], max: number): readonly IpAddress[] {
  const addresses: IpAddress[] = [];
  for (const text of texts) {
    const address = parseIpAddress(text);
    if (address !== undefined && addresses.length < max) addresses.push(unmappedIpAddress(address));
  }
  return addresses;
}

function byFamily(addresses: readonly IpAddress[]): AddressesByFamily {
  return {
    0: addresses,
    4: addresses.filter((address) => address.family === 4),
    6: addresses.filter((address) => address.family === 6),
  };
}

function toResolveError(name: string, error: unknown): ResolveError {
  if (error instanceof ResolveError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  // EAI_NONAME and EAI_NODATA, as node:dns reports them; EAI_AGAIN (no server answered) is a failure.
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    return new ResolveError(name, 'NotFound', 'there is no such name', { cause: error });
  }
  return new ResolveError(name, 'Failed', `the system's resolver failed (${code})`, { cause: error });
}
