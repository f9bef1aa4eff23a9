/** `sluice-operator init-secrets`: makes what is missing. No value is ever logged. */
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { createKubeSecretStore } from './kube-secret-store.ts';
import type { InitSecretsOptions } from './init-secrets-arguments.ts';
import { keepTrying } from './keep-trying.ts';
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

/** Rejects with UnusableSecretError, with the last failure when time is over, or with the signal's reason. */
export async function initSecrets(options: InitSecretsOptions, deps: InitSecretsDeps): Promise<MadeSecrets> {
  const { needs, namespace, installation, timeoutMs } = options;
  const { client, logger, randomBytes, random, signal } = deps;
  const labels = {
    [installationLabel]: installation,
    'app.kubernetes.io/part-of': 'sluice',
    'app.kubernetes.io/managed-by': 'sluice-operator',
  };
  const store = createKubeSecretStore({ namespace, labels }, { client });
  const make = (until: AbortSignal): Promise<MadeSecrets> =>
    makeSecrets(needs, { store, random: randomBytes, signal: until });
  const made = await keepTrying(make, {
    ...{ timeoutMs, random, signal },
    isFinal: (error) => error instanceof UnusableSecretError,
    onRetry: (error, retryMs) => logger.warn('waiting to make secrets', { namespace, error, retryMs }),
  });
  logger.info('secrets are in place', { namespace, ...made });
  return made;
}
