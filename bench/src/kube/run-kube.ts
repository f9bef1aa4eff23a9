/** Measures parts of the operator, keeps each part's figures in a file and makes one report of all there are. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { measured, readKeptParts } from '../run/measured.ts';
import { measureKubePropagation } from './kube-propagation.ts';
import { kubeReport } from './kube-report.ts';
import type { KubePart, KubeResults } from './kube-results.ts';
import { measureOtherObjects } from './other-objects.ts';
import { measureRouteScale } from './route-scale.ts';

export interface KubeRun {
  readonly parts: readonly KubePart[];
  /** Of results-kube.md; the figures of parts that are not measured now come from results-kube.json beside it. */
  readonly directory: string;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

const sizes = {
  full: {
    propagation: { changes: 500, rejections: 100 },
    routes: { routes: 5_000, services: 500, changes: 300, idleSeconds: 20 },
    others: { services: 5_000, secrets: 40_000 },
  },
  quick: {
    propagation: { changes: 40, rejections: 10 },
    routes: { routes: 300, services: 30, changes: 10, idleSeconds: 5 },
    others: { services: 200, secrets: 600 },
  },
};

export async function runKube({ parts, directory, quick, say }: KubeRun): Promise<void> {
  const found = await findNatsServer();
  if ('missing' in found) throw new Error(`measuring the operator needs NATS: ${found.missing}`);
  const size = quick ? 'quick' : 'full';
  const file = join(directory, 'results-kube.json');
  let results: KubeResults = await readKeptParts(file);
  await mkdir(directory, { recursive: true });
  for (const part of parts) {
    say(`operator: ${part}`);
    results = { ...results, ...(await measurePart(part, sizes[size], say)) };
    await writeFile(file, `${JSON.stringify(results, undefined, 1)}\n`);
    await writeFile(join(directory, 'results-kube.md'), kubeReport(results));
    say(`wrote ${join(directory, 'results-kube.md')}`);
  }
}

async function measurePart(
  part: KubePart,
  { propagation, routes, others }: (typeof sizes)['full'],
  say: (line: string) => void,
): Promise<KubeResults> {
  switch (part) {
    case 'propagation':
      return { propagation: await measured(() => measureKubePropagation(propagation, say)) };
    case 'routes-5000':
      return { 'routes-5000': await measured(() => measureRouteScale(routes, say)) };
    case 'objects-50000':
      return { 'objects-50000': await measured(() => measureOtherObjects(others, say)) };
  }
}
