/** Asks every contestant of a run for its version. One that does not answer is named as such. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PeerCatalogue } from '../peers/peer-catalogue.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { ContestantFacts } from './markdown-report.ts';

const run = promisify(execFile);
const versionTimeoutMs = 5000;

/** The contestants of these scenarios, each once, with their versions. */
export async function readContestantFacts(
  scenarios: readonly Scenario[],
  catalogue: PeerCatalogue,
  path: string,
): Promise<readonly ContestantFacts[]> {
  const names = new Set(scenarios.flatMap(({ contestants }) => [...contestants]));
  const peers = [...names].map((name) => catalogue.find(name)).filter((peer) => peer !== undefined);
  const facts = peers.map(async ({ name, description, versionCommand }) => ({
    name,
    description,
    version: await versionOf(versionCommand, path),
  }));
  return await Promise.all(facts);
}

async function versionOf([program = '', ...args]: readonly string[], path: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { env: { PATH: path }, timeout: versionTimeoutMs });
    return (stdout || stderr).split('\n', 1)[0]?.trim() ?? '';
  } catch {
    return 'unknown';
  }
}
