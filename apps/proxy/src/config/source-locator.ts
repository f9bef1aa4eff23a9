/** Finds where a value of the configuration stands in the file, by its path: asked only when there is something to say about it. */
import type { YamlNode } from './yaml-node.ts';

export type ConfigPath = readonly (string | number)[];

/** The offset of the value at a path, or of the nearest thing around it that is there. */
export function locate(root: YamlNode, path: ConfigPath): number {
  let node = root;
  for (const step of path) {
    const next = stepInto(node, step);
    if (next === undefined) break;
    node = next;
  }
  return node.offset;
}

/** The offset of the key itself, or of the nearest thing around it. */
export function locateKey(root: YamlNode, path: ConfigPath, key: string): number {
  let node = root;
  for (const step of path) node = stepInto(node, step) ?? node;
  const entry = node.kind === 'Map' ? node.entries.find((candidate) => candidate.key === key) : undefined;
  return entry?.keyOffset ?? node.offset;
}

function stepInto(node: YamlNode, step: string | number): YamlNode | undefined {
  if (node.kind === 'List') return typeof step === 'number' ? node.items[step] : undefined;
  if (node.kind === 'Map') return node.entries.find((entry) => entry.key === step)?.value;
  return undefined;
}
