/**
 * How long the phases of connections took, in buckets. Pure counting (five phases for each connection that ends, so an
 * array index and an addition each); the exposition is proxy-metrics.ts.
 */
import type { Sample } from '@sluice/runtime/scraped-metric.ts';
import type { ConnectionOutcome } from '../session/connection-record.ts';

/** Seconds. From a decision (microseconds) to a tunnel that lives for hours. */
const phaseBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600,
] as const;

type Phase = 'detect' | 'decide' | 'connect' | 'first_byte' | 'total';

class Buckets {
  /** The last one is for what is above all. */
  readonly counts = new Float64Array(phaseBuckets.length + 1);
  sum = 0;

  observe(ms: number | null): void {
    if (ms === null) return;
    const seconds = ms / 1_000;
    const above = phaseBuckets.findIndex((bound) => seconds <= bound);
    const index = above === -1 ? phaseBuckets.length : above;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }
}

export class PhaseHistogram {
  readonly #phases: Readonly<Record<Phase, Buckets>> = {
    detect: new Buckets(),
    decide: new Buckets(),
    connect: new Buckets(),
    first_byte: new Buckets(),
    total: new Buckets(),
  };

  /** Counts the phases the connection reached. */
  observe(record: ConnectionOutcome): void {
    this.#phases.detect.observe(record.detectMs);
    this.#phases.decide.observe(record.decideMs);
    this.#phases.connect.observe(record.connectMs);
    this.#phases.first_byte.observe(record.firstByteMs);
    this.#phases.total.observe(record.durationMs);
  }

  /** The cumulative buckets of Prometheus' text format under `name`. */
  samples(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const [phase, { counts, sum }] of Object.entries(this.#phases)) {
      let cumulated = 0;
      for (const [index, count] of counts.entries()) {
        cumulated += count;
        const le = phaseBuckets[index]?.toString() ?? '+Inf';
        samples.push({ metricName: `${name}_bucket`, labels: { le, phase }, value: cumulated });
      }
      samples.push({ metricName: `${name}_sum`, labels: { phase }, value: sum });
      samples.push({ metricName: `${name}_count`, labels: { phase }, value: cumulated });
    }
    return samples;
  }
}
