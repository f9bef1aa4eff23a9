/**
 * The `sluice` command: the only file that reads the environment, the arguments and the standard streams, and that ends
 * the process.
 */
import type { ExitCode } from '@sluice/runtime/command/exit-code.ts';
import { runProgram } from '@sluice/runtime/command/run-program.ts';
import { writeAll } from '@sluice/runtime/command/write-all.ts';
import packageJson from '../package.json' with { type: 'json' };
import { holdSignals } from './cli/hold-signals.ts';
import { type Command, parseArguments, usageText } from './cli/parse-arguments.ts';

const out = (text: string): void => writeAll(1, text);
const err = (text: string): void => writeAll(2, text);

/** Commands are loaded when they are wanted: each has no use for the modules of the others. */
async function obey(command: Command): Promise<ExitCode> {
  switch (command.kind) {
    case 'run': {
      // Before the modules, which take a moment: a signal that comes meanwhile must not end the process by default.
      const signals = holdSignals((signal, handler) => process.on(signal, handler));
      const { runCommand } = await import('./cli/run-command.ts');
      return await runCommand(command.configPath, {
        env: process.env,
        version: packageJson.version,
        err,
        onSignal: signals.deliverTo,
        exit: (code) => process.exit(code),
      });
    }
    case 'check': {
      const { checkCommand } = await import('./cli/check-command.ts');
      return await checkCommand(command.configPath, process.env, { out, err });
    }
    case 'hashPassword': {
      const { hashPasswordCommand } = await import('./cli/hash-password-command.ts');
      return await hashPasswordCommand(
        command.algorithm,
        { stream: process.stdin, isTerminal: process.stdin.isTTY },
        { out, err },
      );
    }
    case 'status': {
      const { statusCommand } = await import('./cli/status/status-command.ts');
      return await statusCommand(command.options, { out, err });
    }
    case 'publish': {
      const { publishCommand } = await import('./cli/publish/publish-command.ts');
      const { openPublisherBus } = await import('./control/live/open-bus.ts');
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
      });
      return await publishCommand(command.options, { env: process.env, openBus: openPublisherBus, stopped, out, err });
    }
    case 'state': {
      const { stateCommand } = await import('./cli/state/state-command.ts');
      return await stateCommand(command.command, {
        environment: { url: process.env['SLUICE_STATE_URL'], key: process.env['SLUICE_STATE_KEY'] },
        input: { stream: process.stdin, isTerminal: process.stdin.isTTY },
        out,
        err,
      });
    }
  }
}

const line = parseArguments(process.argv.slice(2), process.env);
const { version } = packageJson;
process.exit(await runProgram({ name: 'sluice', version, usage: usageText, out, err, obey }, line));
