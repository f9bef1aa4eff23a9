/**
 * The `sluice-operator` command: the only file that reads the environment, the arguments and the standard streams, and that ends
 * the process.
 */
import type { ExitCode } from '@sluice/runtime/command/exit-code.ts';
import { runProgram } from '@sluice/runtime/command/run-program.ts';
import { writeAll } from '@sluice/runtime/command/write-all.ts';
import packageJson from '../package.json' with { type: 'json' };
import { initSecretsCommand } from './cli/init-secrets-command.ts';
import { type Command, parseArguments, usageText } from './cli/parse-arguments.ts';
import { releaseUsersCommand } from './cli/release-users-command.ts';
import { type RunDeps, runCommand } from './cli/run-command.ts';

const out = (text: string): void => writeAll(1, text);
const err = (text: string): void => writeAll(2, text);

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
    case 'releaseUsers':
      return await releaseUsersCommand(command.options, command.kube, deps);
  }
}

const line = parseArguments(process.argv.slice(2), process.env);
const { version } = packageJson;
process.exit(await runProgram({ name: 'sluice-operator', version, usage: usageText, out, err, obey }, line));
