/**
 * Tens of thousands of objects that no route speaks of: what they cost an operator that looks at every namespace, beside the same
 * operator in an empty cluster. Secrets are only read by name, so they should cost nothing; of Services and their slices it keeps
 * what routes may need.
 */
import { randomBytes } from 'node:crypto';
import { pause } from '@sluice/testkit/pause.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { ClosingScope } from '../control/closing-scope.ts';
import { createServices } from './create-services.ts';
import { applyRoute, inParallel, type KubeLaboratory, openKubeLaboratory } from './kube-laboratory.ts';
import { type OperatorFigures, readOperatorFigures } from './operator-figures.ts';

export interface OtherObjectsSize {
  /** Each with a slice of ten endpoints. */
  readonly services: number;
  /** Of a kilobyte. */
  readonly secrets: number;
}

export interface OtherObjectsResult extends OtherObjectsSize {
  readonly empty: StartFigures;
  /** Running while all were created. */
  readonly grown: OperatorFigures;
  /** Started when all were there. */
  readonly full: StartFigures;
}

export interface StartFigures {
  /** Until every cache had been listed whole. */
  readonly readySeconds: number;
  readonly figures: OperatorFigures;
}

const atOnce = 32;
const routes = 10;
const endpoints = 10;
/** What the start has left behind is collected, or is not. */
const restMs = 5_000;

async function startAndRest(operator: ProgramProcess): Promise<StartFigures> {
  const startedAt = performance.now();
  await operator.start();
  const readySeconds = (performance.now() - startedAt) / 1000;
  await pause(restMs);
  return { readySeconds, figures: await readOperatorFigures(operator) };
}

async function createSecrets({ api }: KubeLaboratory, namespace: string, count: number): Promise<void> {
  const content = randomBytes(768).toString('base64');
  await inParallel(
    count,
    atOnce,
    async (index) =>
      await api.client.call(`/api/v1/namespaces/${namespace}/secrets`, {
        method: 'POST',
        body: { metadata: { name: `secret-${index}` }, data: { content } },
      }),
  );
}

export async function measureOtherObjects(
  size: OtherObjectsSize,
  say: (line: string) => void,
): Promise<OtherObjectsResult> {
  const scope = new ClosingScope();
  const tell = (line: string): void => say(`objects-${2 * size.services + size.secrets}: ${line}`);
  try {
    const laboratory = await openKubeLaboratory(scope);
    const { api, namespace } = laboratory;
    await inParallel(routes, atOnce, async (index) => {
      const spec = { match: { sni: [`${index}.example.com`] }, to: { endpoints: [{ url: 'tcp://127.0.0.1:9' }] } };
      await applyRoute(laboratory, { namespace, name: `route-${index}`, spec });
    });
    const operator = laboratory.planOperator();
    const empty = await startAndRest(operator);
    tell(`in an empty cluster: ${JSON.stringify(empty)}`);
    const other = await api.createNamespace(scope);
    await Promise.all([
      createServices(laboratory, { namespace: other, count: size.services, endpoints, atOnce }),
      createSecrets(laboratory, other, size.secrets),
    ]);
    await pause(restMs);
    const grown = await readOperatorFigures(operator);
    tell(`after they were created: ${JSON.stringify(grown)}`);
    await operator.stop();
    const full = await startAndRest(operator);
    tell(`started with all of them: ${JSON.stringify(full)}`);
    return { ...size, empty, grown, full };
  } finally {
    await scope.close();
  }
}
