/**
 * How many requests a minute an address and a key may make, and how many an address may make without a valid key. Counts in
 * memory, for this process; a bounded number of addresses and keys is remembered, the least recently seen are forgotten.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from './problem-error.ts';
import type { StateApp } from './request-context.ts';
import type { RateLimitName, ServiceMetrics } from './service-metrics.ts';

export interface RateLimitSettings {
  readonly requestsPerMinuteAndAddress: number;
  readonly requestsPerMinuteAndKey: number;
  /** Beyond, a request without a valid key gets 429 for 401; one with a valid key is not concerned. */
  readonly failuresPerMinuteAndAddress: number;
}

export interface RateLimits {
  takeForAddress(request: FastifyRequest): Promise<void>;
  takeForFailure(request: FastifyRequest): Promise<void>;
  /** Says in the answer's headers what is left. */
  takeForKey(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

interface Limit {
  readonly max: number;
  readonly remaining: number;
  readonly ttlInSeconds: number;
  readonly isExceeded: boolean;
}

const timeWindow = 60_000;
const rememberedKeys = 10_000;

/** Registers the plugin; the limits are asked by the hooks of authentication. */
export async function createRateLimits(
  app: StateApp,
  settings: RateLimitSettings,
  metrics: ServiceMetrics,
): Promise<RateLimits> {
  await app.register(rateLimit, { global: false, cache: rememberedKeys });
  const limiter = (max: number, keyGenerator?: (request: FastifyRequest) => string) => {
    // Without a generator the address is the key, an IPv6 address by its /64.
    const take = app.createRateLimit({ max, timeWindow, ...(keyGenerator === undefined ? {} : { keyGenerator }) });
    return async (request: FastifyRequest): Promise<Limit> => {
      const limit = await take(request);
      if (limit.isAllowed) throw new Error('no address and no key is exempt from limits');
      return limit;
    };
  };
  const refuse = (name: RateLimitName, limit: Limit, what: string): never => {
    metrics.countRateLimited(name);
    throw new ProblemError('rate-limited', {
      detail: `More than ${limit.max} ${what} in a minute; try again in ${limit.ttlInSeconds} s`,
      headers: { ...headersOf(limit), 'retry-after': String(Math.max(1, limit.ttlInSeconds)) },
    });
  };
  const address = limiter(settings.requestsPerMinuteAndAddress);
  const failure = limiter(settings.failuresPerMinuteAndAddress);
  const key = limiter(settings.requestsPerMinuteAndKey, (request) => request.apiKey?.id ?? '');
  return {
    async takeForAddress(request) {
      const limit = await address(request);
      if (limit.isExceeded) refuse('Address', limit, 'requests from this address');
    },
    async takeForFailure(request) {
      const limit = await failure(request);
      if (limit.isExceeded) refuse('FailedAuthentications', limit, 'requests without a valid key from this address');
    },
    async takeForKey(request, reply) {
      const limit = await key(request);
      reply.headers(headersOf(limit));
      if (limit.isExceeded) refuse('Key', limit, 'requests with this key');
    },
  };
}

function headersOf(limit: Limit): Readonly<Record<string, string>> {
  return {
    'ratelimit-limit': String(limit.max),
    'ratelimit-remaining': String(limit.remaining),
    'ratelimit-reset': String(limit.ttlInSeconds),
  };
}
