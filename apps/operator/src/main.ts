/**
 * The `sluice-operator` command: the only file that reads the environment, the arguments and the standard streams, and that ends
 * the process.
 */
import { writeSync } from 'node:fs';
import packageJson from '../package.json' with { type: 'json' };
import { type ExitCode, exitCode } from './cli/exit-code.ts';
import { initSecretsCommand } from './cli/init-secrets-command.ts';
import { type Command, parseArguments, usageText } from './cli/parse-arguments.ts';
import { type RunDeps, runCommand } from './cli/run-command.ts';

const out = (text: string): void => writeAll(1, text);
const err = (text: string): void => writeAll(2, text);

/** Everything, or nothing more when nobody reads. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
    }
  }
}

const deps: RunDeps = {
  version: packageJson.version,
  err,
  onSignal: (signal, handler) => process.on(signal, handler),
  exit: (code) => process.exit(code),
};

async function obey(command: Command): Promise<ExitCode> {
  switch (command.kind) {
    case 'run':
      return await runCommand(command.options, deps);
    case 'initSecrets':
      return await initSecretsCommand(command.options, command.kube, deps);
    case 'version':
      out(`sluice-operator ${packageJson.version} (node ${process.version})\n`);
      return exitCode.ok;
    case 'help':
      out(usageText);
      return exitCode.ok;
  }
}

const parsed = parseArguments(process.argv.slice(2), process.env);
if (parsed.kind === 'usage') {
  err(`sluice-operator: ${parsed.problem}\n\n${usageText}`);
  process.exit(exitCode.usage);
}
try {
  process.exit(await obey(parsed.command));
} catch (error) {
  err(`sluice-operator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCode.runtime);
}
