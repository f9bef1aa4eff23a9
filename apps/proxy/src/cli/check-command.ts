/** `sluice check`: says what is wrong with a file, or what it means with every default filled in. */
import { formatIssue } from '../config/config-issue.ts';
import { printEffectiveConfig } from '../config/print-effective-config.ts';
import { type Environment, loadConfig } from '../control/load-config.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';

export interface Output {
  out(text: string): void;
  err(text: string): void;
}

export async function checkCommand(path: string, env: Environment, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(path, env);
  if (loaded.kind === 'invalid') {
    for (const issue of loaded.errors) output.err(`${formatIssue(issue)}\n`);
    return exitCode.configuration;
  }
  for (const issue of loaded.notes) output.err(`${formatIssue(issue)}\n`);
  output.out(printEffectiveConfig(loaded.config, { secrets: 'Redact' }));
  return exitCode.ok;
}
