/**
 * `sluice-operator init-secrets`: makes what is missing, and has patience with an API server that is not there yet or that does
 * not know of the leave it was given yet. No value is ever logged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { createKubeSecretStore } from './kube-secret-store.ts';
import type { InitSecretsOptions } from './init-secrets-arguments.ts';
import { type MadeSecrets, makeSecrets } from './make-secrets.ts';
import type { RandomBytes } from './secret-plan.ts';
import { UnusableSecretError } from './unusable-secret-error.ts';

export interface InitSecretsDeps {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly randomBytes: RandomBytes;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const installationLabel = 'sluice.dev/installation';

const firstRetryMs = 250;
const lastRetryMs = 10_000;

/** Rejects with UnusableSecretError, with the last failure when time is over, or with the signal's reason. */
export async function initSecrets(options: InitSecretsOptions, deps: InitSecretsDeps): Promise<MadeSecrets> {
  const { needs, namespace, installation, timeoutMs } = options;
  const { client, logger, randomBytes } = deps;
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(timeoutMs)]);
  const labels = {
    [installationLabel]: installation,
    'app.kubernetes.io/part-of': 'sluice',
    'app.kubernetes.io/managed-by': 'sluice-operator',
  };
  const store = createKubeSecretStore({ namespace, labels }, { client });
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
    try {
      const made = await makeSecrets(needs, { store, random: randomBytes, signal });
      logger.info('secrets are in place', { namespace, ...made });
      return made;
    } catch (error) {
      if (error instanceof UnusableSecretError) throw error;
      if (signal.aborted) throw deps.signal.aborted ? deps.signal.reason : error;
      logger.warn('waiting to make secrets', { namespace, error, retryMs });
      await waitOrThrow((retryMs * (1 + deps.random())) / 2, { signal, last: error });
    }
  }
}

/** Time is over: what went wrong last says more than that. */
async function waitOrThrow(ms: number, until: { readonly signal: AbortSignal; readonly last: unknown }): Promise<void> {
  try {
    await delay(ms, undefined, { signal: until.signal });
  } catch {
    throw until.last;
  }
}
