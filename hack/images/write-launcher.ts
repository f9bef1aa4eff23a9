/**
 * Writes the program that an image starts: it runs the `main.ts` of an app in its own process, so that signals reach the app.
 * The first process of a container has no default for a signal: the kernel drops one that nothing handles, and whoever stops a
 * container that has just begun would wait for its whole grace. So this handles those that ask for an end from its first line on,
 * as long as the app does not, by ending as a signal ends any other process.
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';

export function launcherText(main: string): string {
  return `#!/usr/local/bin/node
import { constants } from 'node:os';
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  });
}
await import(${JSON.stringify(main)});
`;
}

if (import.meta.main) {
  const [main, target] = argv.slice(2);
  if (main === undefined || target === undefined) throw new Error('usage: write-launcher.ts MAIN TARGET');
  writeFileSync(target, launcherText(main), { mode: 0o755 });
}
