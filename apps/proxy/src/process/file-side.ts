/** The file's side of a merge: its configuration, and where in it something stands, looked up when somebody asks. */
import { LineIndex } from '../config/line-index.ts';
import { readYaml } from '../config/read-yaml.ts';
import { locate } from '../config/source-locator.ts';
import type { ConfigSource } from '../control/bind-failure-issue.ts';
import type { FileSide } from '../control/live/merge-routing.ts';

/** `describe` says `in line 3 of sluice.yaml`. */
export function createFileSide({
  file,
  text,
  config,
}: ConfigSource): FileSide & { placeOfUser(name: string): string | null } {
  const lines = new LineIndex(text);
  let root: ReturnType<typeof rootOf> | undefined;
  const describe = (path: readonly (string | number)[]): string => {
    root ??= rootOf(text);
    const line = root === null ? 1 : lines.positionOf(locate(root, path)).line;
    return `in line ${line} of ${file}`;
  };
  let userIndex: ReadonlyMap<string, number> | undefined;
  return {
    config,
    describe,
    placeOfUser(name) {
      userIndex ??= new Map(config.users.map((user, index) => [user.name, index]));
      const index = userIndex.get(name);
      return index === undefined ? null : describe(['users', index]);
    },
  };
}

function rootOf(text: string): Parameters<typeof locate>[0] | null {
  const reading = readYaml(text);
  return reading.kind === 'unreadable' ? null : reading.root;
}
