/** `sluice-state migrate`: forward, or back by so many. For installations that do not migrate at the start of the service. */
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger } from '@sluice/runtime/logger.ts';
import { migrateDown, migrateUp } from '../database/migrate.ts';
import { type DatabaseSource, openDatabaseSource } from '../process/database-source.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';

const lastLinesMs = 1000;

/** Rejects with what kept it from migrating. */
export async function migrateCommand(source: DatabaseSource, back: number): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger('info', { sink, nowMs: () => Date.now() });
  const database = await openDatabaseSource(source, logger);
  try {
    const connectionString = database.connectionString.reveal();
    const deps = { logger };
    const done = back > 0 ? await migrateDown(connectionString, back, deps) : await migrateUp(connectionString, deps);
    logger.info('database is current', { changed: done.length });
    return exitCode.ok;
  } finally {
    await database.close();
    await sink.flush(lastLinesMs);
  }
}
