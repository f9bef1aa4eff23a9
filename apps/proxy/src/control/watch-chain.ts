/**
 * The directories in which an entry decides what a path leads to: the one of the file itself and the one of each symbolic
 * link on the way. A mounted ConfigMap is `sluice.yaml -> ..data/sluice.yaml`, `..data -> ..2026_01_02…`, and an update
 * replaces `..data` alone: watching the file, or its resolved directory, would see nothing.
 */
import { readlink, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface WatchedDirectory {
  readonly path: string;
  /** Device and inode: a directory made anew under the same path must be watched anew. */
  readonly identity: string;
  /** Entries that matter. */
  readonly names: ReadonlySet<string>;
}

/** As many as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

type Entry =
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'plain' }
  | { readonly kind: 'absent' };

async function entryAt(path: string): Promise<Entry> {
  try {
    return { kind: 'link', target: await readlink(path) };
  } catch (error) {
    const isPlain = error instanceof Error && 'code' in error && error.code === 'EINVAL';
    return { kind: isPlain ? 'plain' : 'absent' };
  }
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

async function decidingEntries(absolutePath: string): Promise<ReadonlyMap<string, Set<string>>> {
  const entries = new Map<string, Set<string>>();
  let directory = '/';
  let rest = parts(absolutePath);
  for (let links = 0; links <= maxLinks; ) {
    const [name, ...after] = rest;
    if (name === undefined) break;
    rest = after;
    if (name === '..') {
      directory = dirname(directory);
      continue;
    }
    const entry = await entryAt(join(directory, name));
    if (entry.kind !== 'plain' || after.length === 0) {
      entries.set(directory, (entries.get(directory) ?? new Set<string>()).add(name));
    }
    if (entry.kind === 'absent') break;
    if (entry.kind === 'link') {
      links += 1;
      rest = [...parts(entry.target), ...after];
      if (entry.target.startsWith('/')) directory = '/';
    } else {
      directory = join(directory, name);
    }
  }
  return entries;
}

/** Never fails: what does not exist is watched for in the deepest directory that does. */
export async function resolveWatchChain(absolutePath: string): Promise<readonly WatchedDirectory[]> {
  const chain: WatchedDirectory[] = [];
  for (const [path, names] of await decidingEntries(absolutePath)) {
    try {
      const { dev, ino } = await stat(path, { bigint: true });
      chain.push({ path, identity: `${dev}:${ino}`, names });
    } catch {
      // Gone since it was looked up: the next poll of the watcher sees the change.
    }
  }
  return chain;
}
