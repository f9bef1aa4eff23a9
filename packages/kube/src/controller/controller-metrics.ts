/** What controller-runtime's users find on their dashboards, by the same names and labels. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type ReconcileOutcome = 'success' | 'error' | 'requeue' | 'requeue_after';

/** Of one controller. */
export interface ReconcileMetrics {
  reconciled(outcome: ReconcileOutcome, tookMs: number): void;
  failed(kind: { readonly isTerminal: boolean; readonly isPanic: boolean }): void;
  timedOut(): void;
  active(workers: number): void;
}

export interface ControllerMetrics {
  of(name: string, maxConcurrent: number): ReconcileMetrics;
}

/** controller-runtime's own. */
const seconds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const counter = (name: string, help: string): Counter<'controller'> =>
    new Counter({ name: `controller_runtime_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string): Gauge<'controller'> =>
    new Gauge({ name: `controller_runtime_${name}`, help, labelNames, registers });
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations, by result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = counter('reconcile_errors_total', 'Reconciliations that failed.');
  const terminal = counter('terminal_reconcile_errors_total', 'Reconciliations that failed for good.');
  const panics = counter('reconcile_panics_total', 'Reconciliations that failed by a defect of the program.');
  const timeouts = counter('reconcile_timeouts_total', 'Reconciliations that took longer than allowed.');
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconciliation took.',
    labelNames,
    buckets: seconds,
    registers,
  });
  const maximum = gauge('max_concurrent_reconciles', 'Reconciliations that may run at a time.');
  const workers = gauge('active_workers', 'Reconciliations that run now.');
  return {
    of: (controller, maxConcurrent) => {
      maximum.set({ controller }, maxConcurrent);
      workers.set({ controller }, 0);
      // Rates need a zero to start from.
      for (const result of ['success', 'error', 'requeue', 'requeue_after']) total.inc({ controller, result }, 0);
      for (const one of [errors, terminal, panics, timeouts]) one.inc({ controller }, 0);
      return {
        reconciled: (result, tookMs) => {
          total.inc({ controller, result });
          time.observe({ controller }, tookMs / 1000);
        },
        failed: ({ isTerminal, isPanic }) => {
          errors.inc({ controller });
          if (isTerminal) terminal.inc({ controller });
          if (isPanic) panics.inc({ controller });
        },
        timedOut: () => timeouts.inc({ controller }),
        active: (count) => workers.set({ controller }, count),
      };
    },
  };
}
