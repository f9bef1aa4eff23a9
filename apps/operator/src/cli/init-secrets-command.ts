/** `sluice-operator init-secrets`: makes the Secrets of an installation that are not there yet, and ends. */
import { randomBytes } from 'node:crypto';
import { createClientMetrics } from '@sluice/kube/client/client-metrics.ts';
import { createHttpKubeClient } from '@sluice/kube/client/http-kube-client.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger } from '@sluice/runtime/logger.ts';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import { initSecrets } from '../install/init-secrets.ts';
import type { InitSecretsOptions } from '../install/init-secrets-arguments.ts';
import { UnusableSecretError } from '../install/unusable-secret-error.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { kubeSourceOf } from './load-settings.ts';
import type { KubeOptions } from './parse-arguments.ts';
import type { RunDeps } from './run-command.ts';

const lastLinesMs = 1000;

export async function initSecretsCommand(
  options: InitSecretsOptions,
  kube: KubeOptions,
  deps: RunDeps,
): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger('info', { sink, nowMs: () => systemClock.wallMs() });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    deps.onSignal(signal, () => stopping.abort(new Error(`${signal} came before the Secrets were made`)));
  }
  const client = createHttpKubeClient(
    { source: kubeSourceOf(kube), userAgent: `sluice-operator/${deps.version}` },
    { clock: systemClock, metrics: createClientMetrics(createMetricsRegistry()) },
  );
  try {
    const random = (): number => systemClock.random();
    await initSecrets(options, { client, logger, randomBytes, random, signal: stopping.signal });
    return exitCode.ok;
  } catch (error) {
    deps.err(`sluice-operator: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UnusableSecretError ? exitCode.configuration : exitCode.runtime;
  } finally {
    await client.close();
    await sink.flush(lastLinesMs);
  }
}
