/**
 * A JSON value as the tree that resources are read from, so that a live resource is held to the very rules of the file. The
 * offset of a node is its number in the order of the text; a JSON pointer (RFC 6901) takes the place of line and column.
 * Pure.
 */
import type { ConfigPath } from './source-locator.ts';
import { maxYamlDepth, type YamlEntry, type YamlNode } from './yaml-node.ts';

export type JsonTree =
  | { readonly kind: 'tree'; readonly root: YamlNode }
  /** Nested deeper than a file may be. */
  | { readonly kind: 'tooDeep' };

/** The tree of a value that JSON.parse gave, or one like it. */
export function toJsonTree(value: unknown): JsonTree {
  const counter = { next: 0, isTooDeep: false };
  const root = nodeOf(value, 1, counter);
  return counter.isTooDeep ? { kind: 'tooDeep' } : { kind: 'tree', root };
}

/** `/match/sni/0` for the node with the offset; `` for the whole. */
export function pointerOf(root: YamlNode, offset: number): string {
  return formatPointer(pathOf(root, offset) ?? []);
}

export function formatPointer(path: ConfigPath): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

interface Counter {
  next: number;
  isTooDeep: boolean;
}

function nodeOf(value: unknown, depth: number, counter: Counter): YamlNode {
  const offset = counter.next++;
  if (typeof value !== 'object' || value === null) {
    // A number, boolean or null is one; text is never taken for one.
    return { kind: 'Scalar', offset, text: String(value), isPlain: typeof value !== 'string' };
  }
  if (depth > maxYamlDepth) {
    counter.isTooDeep = true;
    return { kind: 'List', offset, items: [] };
  }
  if (Array.isArray(value)) {
    return { kind: 'List', offset, items: value.map((item: unknown) => nodeOf(item, depth + 1, counter)) };
  }
  const entries = Object.entries(value).map(([key, item]): YamlEntry => {
    const node = nodeOf(item, depth + 1, counter);
    return { key, keyOffset: node.offset, value: node };
  });
  return { kind: 'Map', offset, entries };
}

function pathOf(node: YamlNode, offset: number): ConfigPath | undefined {
  if (node.offset === offset) return [];
  if (node.kind === 'Scalar') return undefined;
  const steps: readonly (readonly [string | number, YamlNode])[] =
    node.kind === 'List'
      ? node.items.map((item, index) => [index, item] as const)
      : node.entries.map(({ key, value }) => [key, value] as const);
  for (const [step, inner] of steps) {
    const within = pathOf(inner, offset);
    if (within !== undefined) return [step, ...within];
  }
  return undefined;
}
