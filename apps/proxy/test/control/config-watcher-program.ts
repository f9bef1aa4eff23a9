/**
 * Watches the file `argv[2]` and writes a line for each report, until its standard input ends.
 */
import { ConfigWatcher } from '../../src/control/config-watcher.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const watcher = new ConfigWatcher({
  path: process.argv[2] ?? '',
  onChange: () => say('changed'),
  onDegraded: (error) => say(`degraded ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}`),
});
process.stdin.resume().on('end', () => watcher.close());
