/**
 * The text of a configuration file to the effective configuration, or to everything that is wrong with it. Pure: the text,
 * its name and the environment are arguments. Either the whole file is valid or nothing of it is used.
 */
import { type CompleteSluiceConfig, sluiceConfigSchema } from '@sluice/contract/sluice-config.ts';
import { buildEffectiveConfig } from './build-effective-config.ts';
import { checkConfig } from './check-config.ts';
import type { ConfigIssue } from './config-issue.ts';
import { noteOddities } from './config-notes.ts';
import type { EffectiveConfig } from './effective-config.ts';
import type { Environment } from './expand-variables.ts';
import { IssueList } from './issue-list.ts';
import { LineIndex } from './line-index.ts';
import type { ReadableConfig } from './readable-config.ts';
import { readYaml } from './read-yaml.ts';
import { ResourceReader } from './resource-reader.ts';
import { planSchema } from './schema-plan.ts';
import { type ConfigPath, locate, locateKey } from './source-locator.ts';
import type { YamlNode } from './yaml-node.ts';

export interface ConfigInput {
  readonly text: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly env: Environment;
}

export type ConfigOutcome =
  | { readonly kind: 'valid'; readonly config: EffectiveConfig; readonly notes: readonly ConfigIssue[] }
  | { readonly kind: 'invalid'; readonly errors: readonly ConfigIssue[] };

const plan = planSchema(sluiceConfigSchema);

/** Reads, validates and completes a configuration. Never throws for what the text holds. */
export function parseConfig({ text, file, env }: ConfigInput): ConfigOutcome {
  const lines = new LineIndex(text);
  const errors = new IssueList({ file, lines, plural: 'errors' });
  const reading = readYaml(text);
  for (const problem of reading.problems) errors.add(problem);
  if (reading.kind === 'unreadable') return { kind: 'invalid', errors: errors.toIssues() };
  if (reading.root === null) {
    errors.add({ offset: 0, message: 'the file is empty', remedy: 'write at least listeners: with one listener' });
    return { kind: 'invalid', errors: errors.toIssues() };
  }
  const { root } = reading;
  const lineAt = (path: ConfigPath): number => lines.positionOf(locate(root, path)).line;
  const value = new ResourceReader({
    text,
    lines,
    env,
    report: (problem) => errors.add(problem),
    showsPath: true,
  }).read(plan, root);
  // The reader leaves out what it could not read, and gives everything else the type of its field.
  if (value !== undefined) checkAll(value as ReadableConfig, { root, lineAt, errors });
  if (errors.count > 0) return { kind: 'invalid', errors: errors.toIssues() };
  // Without an error nothing was left out: the value is complete.
  const config = buildEffectiveConfig(value as CompleteSluiceConfig);
  const notes = new IssueList({ file, lines, plural: 'notes' });
  noteOddities(config, {
    lineAt,
    noteAt: (path, message, remedy) => notes.add({ offset: locate(root, path), message, remedy }),
  });
  return { kind: 'valid', config, notes: notes.toIssues() };
}

interface CheckContext {
  readonly root: YamlNode;
  readonly lineAt: (path: ConfigPath) => number;
  readonly errors: IssueList;
}

function checkAll(config: ReadableConfig, { root, lineAt, errors }: CheckContext): void {
  checkConfig(
    config,
    {
      lineAt,
      reportAt: (path, message, remedy) => errors.add({ offset: locate(root, path), message, remedy }),
      reportKey: (path, key, message, remedy) => errors.add({ offset: locateKey(root, path, key), message, remedy }),
    },
    (key) => root.kind === 'Map' && root.entries.some((entry) => entry.key === key),
  );
}
