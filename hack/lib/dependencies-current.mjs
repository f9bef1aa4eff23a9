/**
 * Exits 0 when node_modules holds exactly what package-lock.json asks for. npm writes node_modules/.package-lock.json at the
 * end of each install; comparing the two sees a half-finished install and a changed lock, and is content with one made by hand.
 * Plain JavaScript for Node 20: it runs before the pinned Node is there.
 */
import { existsSync, readFileSync } from 'node:fs';

const installedPath = 'node_modules/.package-lock.json';

function packagesOf(path) {
  return Object.entries(JSON.parse(readFileSync(path, 'utf8')).packages);
}

function isCurrent() {
  if (!existsSync(installedPath)) return false;
  const installed = new Map(packagesOf(installedPath));
  const locked = packagesOf('package-lock.json').filter(([path]) => path.includes('node_modules/'));
  return locked.every(([path, entry]) => {
    const present = installed.get(path);
    // Peers are in the lock and left out of the tree (.npmrc).
    if (present === undefined) return entry.optional === true || entry.peer === true;
    return present.version === entry.version && present.integrity === entry.integrity && existsSync(path);
  });
}

process.exitCode = isCurrent() ? 0 : 1;
