/**
 * Where the nats-server for tests is: `tools/nats/find-server.sh` knows, and builds the pinned version when it must. Asked
 * once for each process.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type FoundNatsServer = { readonly path: string } | { readonly missing: string };

const script = fileURLToPath(new URL('../../../tools/nats/find-server.sh', import.meta.url));
const exitCodeNone = 3;

async function runScript(): Promise<FoundNatsServer> {
  // With the caller's environment: Go's proxy and caches are told in it.
  const child = spawn(script, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) {
    process.stderr.write(stderr);
    return { path: stdout.trim() };
  }
  if (code === exitCodeNone) return { missing: stderr.trim() };
  throw new Error(`${script} ended with ${code}: ${stderr.trim()}`);
}

let answer: Promise<FoundNatsServer> | undefined;

/** The path, or why there is none. The first caller may wait for a build (a minute). */
export async function findNatsServer(): Promise<FoundNatsServer> {
  answer ??= runScript();
  return await answer;
}

/** For a test's `skip`: false when a server can be started, else the reason why not. */
export async function whyNoNatsServer(): Promise<string | false> {
  const found = await findNatsServer();
  return 'missing' in found ? found.missing : false;
}
