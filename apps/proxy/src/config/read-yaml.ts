/**
 * Chooses who reads a text: the `yaml` package, which knows all of YAML, or for large files first the fast reader for plain
 * YAML. Both give the same tree for what both can read.
 */
import { type YamlReading, readLibraryYaml } from './library-yaml.ts';
import { readPlainYaml } from './plain-yaml.ts';

/** 64 MiB: whoever reads the file may stop there. */
export const maxConfigBytes: number = 64 * 1024 * 1024;

/** Below this the package takes a fifth of a second at most. */
const fastReaderFromLength = 256 * 1024;

/** The tree of a text or why there is none; never throws for what the text holds. */
export function readYaml(text: string): Exclude<YamlReading, { kind: 'tooManyTokens' }> {
  if (text.length > maxConfigBytes / 3 && Buffer.byteLength(text) > maxConfigBytes) {
    return {
      kind: 'unreadable',
      problems: [{ offset: 0, message: 'the file is larger than 64 MiB', remedy: 'split the installation' }],
    };
  }
  const plain = text.length >= fastReaderFromLength ? readPlainYaml(text) : null;
  if (plain?.kind === 'tree') return { kind: 'tree', root: plain.root, problems: [] };
  const reading = readLibraryYaml(text);
  if (reading.kind !== 'tooManyTokens') return reading;
  const message = 'a file of this size must be plain YAML, and from here on it is not';
  const remedy = 'correct the syntax here, or do without anchors, aliases, tags and text over several lines';
  return { kind: 'unreadable', problems: [{ offset: plain?.offset ?? 0, message, remedy }] };
}
