/**
 * `node examples/all-in-one/main.ts --config FILE --data DIRECTORY [--listen ADDRESS:PORT]`: the entry point of the all-in-one, the
 * only file of it that reads arguments, environment and signals.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exitCode } from '@sluice/runtime/command/exit-code.ts';
import packageJson from '../package.json' with { type: 'json' };
import { runAllInOne } from './run-all-in-one.ts';

const err = (text: string): void => {
  writeSync(2, text);
};

function readListen(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(127\.\d+\.\d+\.\d+):(\d{1,5})$/u.exec(text) ?? [];
  if (host === undefined) throw new TypeError(`--listen ${text} is not 127.0.0.1:PORT`);
  return { host, port: Number(port) };
}

try {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      data: { type: 'string' },
      listen: { type: 'string', default: '127.0.0.1:9910' },
    },
  });
  const { config: configPath, data: directory } = values;
  if (configPath === undefined || directory === undefined) throw new TypeError('--config and --data are needed');
  process.exitCode = await runAllInOne(
    { configPath, directory, listen: readListen(values.listen) },
    {
      env: process.env,
      version: packageJson.version,
      err,
      onSignal: (signal, handler) => process.on(signal, handler),
      exit: (code) => process.exit(code),
    },
  );
} catch (error) {
  err(`all in one: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCode.runtime;
}
process.exit();
