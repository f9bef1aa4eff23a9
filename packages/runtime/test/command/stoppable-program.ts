/** A service for run-until-stopped.test.ts: says when it is ready, ends as its argument says. */
import { createServer } from 'node:net';
import { writeAll } from '../../src/command/write-all.ts';
import { runUntilStopped } from '../../src/command/run-until-stopped.ts';

const [ending] = process.argv.slice(2);
/** Keeps the process alive, as a service has something that does. */
const server = createServer().listen(0, '127.0.0.1');

process.exit(
  await runUntilStopped(
    {
      name: 'stoppable',
      logLevel: 'info',
      nowMs: () => Date.now(),
      isConfiguration: (error) => error instanceof RangeError,
    },
    {
      err: (text) => writeAll(2, text),
      onSignal: (signal, handler) => process.on(signal, handler),
      exit: (code) => process.exit(code),
    },
    async ({ logger, stopped }) => {
      if (ending === 'configuration') throw new RangeError('no such file');
      if (ending === 'failure') throw new Error('no such server');
      logger.announce('ready', {});
      const signal = await stopped;
      logger.announce('stopping', { signal });
      if (ending === 'never') await new Promise(() => {});
      logger.info('stopped', {});
      server.close();
      return 0;
    },
  ),
);
