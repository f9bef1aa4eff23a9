/** Measures parts of the control plane, keeps each part's figures in a file and makes one report of all there are. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { measured, readKeptParts } from '../run/measured.ts';
import { measureBurst } from './burst.ts';
import { controlReport } from './control-report.ts';
import type { ControlPart, ControlResults } from './control-results.ts';
import { measurePropagation } from './propagation.ts';
import { measureUserScale } from './user-scale.ts';

export interface ControlRun {
  readonly parts: readonly ControlPart[];
  /** Of results-control.md; the figures of parts that are not measured now come from results-control.json beside it. */
  readonly directory: string;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

const changes = { full: 500, quick: 40 };
const burst = { full: 5_000, quick: 500 };

export async function runControl({ parts, directory, quick, say }: ControlRun): Promise<void> {
  const found = await findNatsServer();
  if ('missing' in found) throw new Error(`the control plane needs NATS: ${found.missing}`);
  const size = quick ? 'quick' : 'full';
  const file = join(directory, 'results-control.json');
  let results: ControlResults = await readKeptParts(file);
  await mkdir(directory, { recursive: true });
  for (const part of parts) {
    say(`control: ${part}`);
    results = { ...results, ...(await measurePart(part, size, say)) };
    await writeFile(file, `${JSON.stringify(results, undefined, 1)}\n`);
    await writeFile(join(directory, 'results-control.md'), controlReport(results));
    say(`wrote ${join(directory, 'results-control.md')}`);
  }
}

async function measurePart(
  part: ControlPart,
  size: 'full' | 'quick',
  say: (line: string) => void,
): Promise<ControlResults> {
  switch (part) {
    case 'propagation':
      return { propagation: await measured(() => measurePropagation(changes[size], say)) };
    case 'burst':
      return { burst: await measured(() => measureBurst(burst[size], say)) };
    case 'users-100000':
      return { 'users-100000': await measured(() => measureUserScale(100_000, say)) };
    case 'users-1000000':
      return { 'users-1000000': await measured(() => measureUserScale(1_000_000, say)) };
  }
}
