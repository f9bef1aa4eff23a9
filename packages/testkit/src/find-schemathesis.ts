/**
 * Where schemathesis is, a client that makes requests out of an OpenAPI document: `tools/schemathesis/find-schemathesis.sh` knows, and
 * installs the pinned version when it must.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export type FoundSchemathesis = { readonly path: string } | { readonly missing: string };

const script = fileURLToPath(new URL('../../../tools/schemathesis/find-schemathesis.sh', import.meta.url));
const exitCodeNone = 3;

/** The path, or why there is none. The first caller may wait for a download. */
export async function findSchemathesis(): Promise<FoundSchemathesis> {
  // With the caller's environment: it tells pip where packages are.
  const child = spawn(script, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === 0) return { path: out.trim() };
  if (code === exitCodeNone) return { missing: err.trim() };
  throw new Error(`${script} ended with ${code}: ${err.trim()}`);
}
