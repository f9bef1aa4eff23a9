/** A command that does one thing with the API server and ends: its client, its log and its exit code. */
import { createClientMetrics } from '@sluice/kube/client/client-metrics.ts';
import { createHttpKubeClient } from '@sluice/kube/client/http-kube-client.ts';
import { KubeConfigError } from '@sluice/kube/client/kube-config-source.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import { checkedKubeSource } from './load-settings.ts';
import type { KubeOptions } from './parse-arguments.ts';
import type { RunDeps } from './run-command.ts';

export interface Task {
  readonly client: KubeClient;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

export interface TaskFrame {
  readonly kube: KubeOptions;
  /** Whether an error is of what was given, not of the run. */
  readonly isConfiguration: (error: unknown) => boolean;
}

const lastLinesMs = 1000;

/** What rejects is said on stderr. */
export async function runTask(
  { kube, isConfiguration }: TaskFrame,
  { version, err, onSignal }: RunDeps,
  work: (task: Task) => Promise<void>,
): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger('info', { sink, nowMs: () => systemClock.wallMs() });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    onSignal(signal, () => stopping.abort(new Error(`${signal} came before it was done`)));
  }
  try {
    const client = openClient(kube, version);
    try {
      await work({ client, logger, random: () => systemClock.random(), signal: stopping.signal });
      return exitCode.ok;
    } finally {
      await client.close();
    }
  } catch (error) {
    err(`sluice-operator: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof KubeConfigError || isConfiguration(error) ? exitCode.configuration : exitCode.runtime;
  } finally {
    await sink.flush(lastLinesMs);
  }
}

function openClient(kube: KubeOptions, version: string): KubeClient {
  const { requestsPerSecond: qps } = kube;
  const source = checkedKubeSource(kube);
  return createHttpKubeClient(
    { source, userAgent: `sluice-operator/${version}`, qps, burst: qps * 2 },
    { clock: systemClock, metrics: createClientMetrics(createMetricsRegistry()) },
  );
}
