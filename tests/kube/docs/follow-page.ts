/**
 * Follows the page that it is given in a cluster of its own, as a reader with a shell would: run by kubernetes-page.test.ts in namespaces of
 * network, mounts and processes that end with it. Prints what it does; ends with 1 at the first step that does not do what the
 * page says.
 */
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findKubePrograms, kubeProgram } from '@sluice/testkit/kube/find-kube-programs.ts';
import { findNatsServer } from '@sluice/testkit/find-nats-server.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { isAsPromised, type PageStep, readPageSteps } from './page-steps.ts';
import { openPodNetwork } from './pod-network.ts';
import { PodProcesses } from './pod-processes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const stepTimeoutMs = 150_000;

/** A folder that looks like the checkout to the page, with nothing of ours to be written to. */
async function makeCheckout(directory: string): Promise<string> {
  const checkout = join(directory, 'checkout');
  await mkdir(join(checkout, 'examples'), { recursive: true });
  await cp(join(root, 'charts'), join(checkout, 'charts'), { recursive: true });
  await cp(join(root, 'examples/kubernetes'), join(checkout, 'examples/kubernetes'), { recursive: true });
  return checkout;
}

/** Where `helm` and `kubectl` are those of the test control plane. */
async function makePrograms(directory: string): Promise<string> {
  const programs = await findKubePrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await symlink(kubeProgram(programs, 'helm-4'), join(bin, 'helm'));
  await symlink(kubeProgram(programs, 'kubectl'), join(bin, 'kubectl'));
  return bin;
}

async function follow(
  step: PageStep,
  place: { readonly api: KubeApi; readonly cwd: string; readonly bin: string },
): Promise<void> {
  const { api, cwd, bin } = place;
  process.stdout.write(`line ${step.line}: ${step.script.replaceAll('\n', '\n    ')}\n`);
  const began = performance.now();
  const result = await runCommand('bash', ['--norc', '-euo', 'pipefail', '-c', step.script], {
    env: { PATH: `${bin}:${systemPath}`, HOME: cwd, KUBECONFIG: api.kubeconfigPath },
    timeoutMs: stepTimeoutMs,
    cwd,
  });
  process.stdout.write(`${result.stdout}${result.stderr}(${Math.round(performance.now() - began)} ms)\n`);
  if (result.code !== 0) throw new Error(`line ${step.line}: ended with ${result.code}: ${result.stderr}`);
  if (step.answer !== null && !isAsPromised(step.answer, result.stdout)) {
    throw new Error(`line ${step.line}: the page promises\n${step.answer}\nand this came\n${result.stdout}`);
  }
}

async function followPage(page: string, scope: { after(close: () => void | Promise<void>): void }): Promise<number> {
  const network = await openPodNetwork(scope);
  const found = await findNatsServer();
  if ('missing' in found) throw new Error(found.missing);
  const [api, postgres, directory] = await Promise.all([
    startKubeApi(scope),
    startPostgres(scope),
    createTemporaryDirectory(scope),
  ]);
  const database = await postgres.createDatabase();
  const options = { api, network, directory, databaseUrl: database.url, natsServer: found.path };
  const pods = new PodProcesses(scope, options);
  const following = pods.run();
  try {
    const place = { api, cwd: await makeCheckout(directory), bin: await makePrograms(directory) };
    const steps = readPageSteps(await readFile(join(root, page), 'utf8'));
    for (const step of steps) {
      await pods.settle();
      await follow(step, place);
    }
    return steps.length;
  } finally {
    pods.end();
    await following;
  }
}

const [page] = process.argv.slice(2);
if (page === undefined) throw new Error('usage: follow-page.ts PAGE');
const closers: (() => void | Promise<void>)[] = [];
try {
  const count = await followPage(page, { after: (close) => void closers.push(close) });
  process.stdout.write(`followed ${count} steps\n`);
} catch (error) {
  process.stdout.write(`FAILED: ${error instanceof Error ? `${error.message}\n${error.stack}` : String(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const close of closers.toReversed()) await close();
}
