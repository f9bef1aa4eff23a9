/**
 * Reads Prometheus' text format: enough to compare counters with what clients counted.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)];
  return Object.fromEntries(pairs.map((match) => [match[1] ?? '', match[2] ?? '']));
}

export class PrometheusText {
  readonly samples: readonly Sample[];

  /** Throws on a line that is neither a comment nor a sample. */
  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.samples = lines.map((line) => {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/u.exec(line);
      if (match === null) throw new Error(`not a sample: ${line}`);
      return { name: match[1] ?? '', labels: parseLabels(match[2] ?? ''), value: Number(match[3]) };
    });
  }

  /** The sum of the samples of `name` that carry all of `labels`; 0 if there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels);
    return this.samples
      .filter((sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value))
      .reduce((total, sample) => total + sample.value, 0);
  }

  has(name: string): boolean {
    return this.samples.some((sample) => sample.name === name);
  }
}
