/**
 * Copies what one app needs to run, and nothing else, into an empty directory: its workspace, the workspaces and packages that its
 * `dependencies` reach, and their licences. `node_modules` and the rest are apart, so that an image has a layer for each.
 * Not npm's `--omit=dev`: for npm each workspace of the repository is needed, the testkit and what it depends on too.
 * Left out: tests, documentation, launchers (an image has its own), settings of tools, TypeScript of packages and source maps; and
 * optional dependencies, but for the native parts of a package on this platform. Fails on a dependency that is not installed, and on
 * a package that has a part for this platform which is not: the image would lack what the lock does not know.
 */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { arch, argv, platform } from 'node:process';

interface Manifest {
  /** Said by packages that are built for one platform. */
  readonly os?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface ProductionTree {
  /** Relative to the repository, sorted. */
  readonly workspaces: readonly string[];
  readonly packages: readonly string[];
  readonly links: readonly string[];
}

/** A `.env` too, which somebody keeps for a server of their own. */
const leftOutOfWorkspaces = /^(?:bin|test|node_modules)$|(?:^|\/)\.[^/]*$/;
/**
 * Of a package; what it has below `node_modules` is a package of its own. Node runs no TypeScript there. What tells of a package
 * stays: the licence of some is in their README alone.
 */
const leftOutOfPackages =
  /^(?:node_modules|tests?|docs?|examples?|benchmarks?)$|\.(?:map|[cm]?ts|tsbuildinfo|test\.js)$|(?:^|\/)(?:\.|tsconfig\b|changelog\b)[^/]*$/i;

/** Packages for another runtime: Node has what they bring. */
const forAnotherRuntime = /^bare-/;

/** The directory of the package `name` as `from` would import it; null when it is not installed. */
function findPackage(root: string, from: string, name: string): string | null {
  for (let directory = from; ; directory = dirname(directory)) {
    const found = join(directory, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (directory === root || directory === dirname(directory)) return null;
  }
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** Whether it is a workspace: a folder of the repository, not one that npm made. */
function isWorkspace(root: string, directory: string): boolean {
  return !relative(root, directory).split(sep).includes('node_modules');
}

/** Where those of one workspace or package are. */
function findDependencies(root: string, directory: string): readonly string[] {
  const { dependencies = {}, optionalDependencies = {} } = readManifest(directory);
  // npm lists an optional dependency among the others too in what it publishes.
  const needed = Object.keys(dependencies).filter(
    (name) => !(name in optionalDependencies || forAnotherRuntime.test(name)),
  );
  const found = needed.map((name) => {
    const place = findPackage(root, directory, name);
    if (place !== null) return place;
    throw new Error(`${relative(root, directory)} depends on ${name}, which is not installed: run npm ci`);
  });
  if (isWorkspace(root, directory)) return found;
  return [...found, ...findNativeParts(root, directory, Object.keys(optionalDependencies))];
}

function findNativeParts(root: string, directory: string, optional: readonly string[]): readonly string[] {
  const installed = optional
    .map((name) => findPackage(root, directory, name))
    .filter((place) => place !== null)
    .filter((place) => readManifest(place).os !== undefined);
  if (installed.length === 0 && optional.some((name) => name.includes(`-${platform}-${arch}`))) {
    const what = `${relative(root, directory)} has a native part for ${platform}-${arch}, which is not installed`;
    throw new Error(`${what}: package-lock.json may lack it; run npm install on such a machine`);
  }
  return installed;
}

/** Everything that `app` (a folder of `root`) reaches through `dependencies`. */
export function findProductionTree(root: string, app: string): ProductionTree {
  const workspaces = new Set<string>();
  const packages = new Set<string>();
  const links = new Set<string>();
  const waiting = [join(root, app)];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const own = isWorkspace(root, directory);
    const seen = own ? workspaces : packages;
    if (seen.has(relative(root, directory))) continue;
    seen.add(relative(root, directory));
    for (const found of findDependencies(root, directory)) {
      if (lstatSync(found).isSymbolicLink()) links.add(relative(root, found));
      waiting.push(realpathSync(found));
    }
  }
  const sorted = (names: ReadonlySet<string>): readonly string[] => [...names].toSorted();
  return { workspaces: sorted(workspaces), packages: sorted(packages), links: sorted(links) };
}

/** `target`/node_modules and `target`/workspaces are what an image has side by side. */
export function copyProductionTree(root: string, app: string, target: string): ProductionTree {
  const tree = findProductionTree(root, app);
  for (const path of tree.workspaces) {
    cpSync(join(root, path), join(target, 'workspaces', path), {
      recursive: true,
      filter: (source) => !leftOutOfWorkspaces.test(relative(join(root, path), source)),
    });
  }
  for (const path of tree.packages) {
    // What npm put below a workspace goes with the workspace.
    const part = path.startsWith('node_modules') ? '' : 'workspaces';
    cpSync(join(root, path), join(target, part, path), {
      recursive: true,
      filter: (source) => !leftOutOfPackages.test(relative(join(root, path), source)),
    });
  }
  for (const path of tree.links) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    const goal = relative(dirname(join(root, path)), realpathSync(join(root, path)));
    symlinkSync(goal, join(target, path));
  }
  return tree;
}

if (import.meta.main) {
  const [app, target] = argv.slice(2);
  if (app === undefined || target === undefined) throw new Error('usage: copy-production-tree.ts APP TARGET');
  const { workspaces, packages } = copyProductionTree(process.cwd(), app, target);
  process.stdout.write(`${app}: ${workspaces.length} workspaces, ${packages.length} packages\n`);
}
