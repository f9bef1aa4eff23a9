/** Parses a text as `sluice.yaml` and says what came of it, in the forms tests compare. */
import assert from 'node:assert/strict';
import { type ConfigIssue, formatIssue } from '../../src/config/config-issue.ts';
import type { EffectiveConfig, RouteConfig } from '../../src/config/effective-config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The lines that would go to stderr; empty for a valid text. */
export function errorsOf(text: string, env: Env = {}): readonly string[] {
  const outcome = parseConfig({ text, file: 's.yaml', env });
  return outcome.kind === 'valid' ? [] : outcome.errors.map(formatIssue);
}

/** The configuration of a text that must be valid. */
export function configOf(text: string, env: Env = {}): EffectiveConfig {
  return validOf(text, env).config;
}

/** The notes on a text that must be valid. */
export function notesOf(text: string, env: Env = {}): readonly string[] {
  return validOf(text, env).notes.map(formatIssue);
}

function validOf(text: string, env: Env): { readonly config: EffectiveConfig; readonly notes: readonly ConfigIssue[] } {
  const outcome = parseConfig({ text, file: 's.yaml', env });
  assert.ok(outcome.kind === 'valid', outcome.kind === 'invalid' ? outcome.errors.map(formatIssue).join('\n') : '');
  return outcome;
}

/** A file with one listener in lines 1 to 3, and what is given from line 4 on. */
export function withListener(rest: string): string {
  return `listeners:\n  - name: edge\n    bind: ["127.0.0.1:0"]\n${rest}`;
}

/** The one route of a file, given as flow content that begins at 5:5. */
export function routeText(content: string): string {
  return withListener(`routes:\n  - ${content}\n`);
}

/** The route that `routeText` makes. */
export function routeOf(content: string, env: Env = {}): RouteConfig {
  const [route] = configOf(routeText(content), env).routes;
  assert.ok(route !== undefined);
  return route;
}
