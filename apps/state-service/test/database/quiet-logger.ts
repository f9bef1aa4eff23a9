/** A logger for tests: keeps what is written. */
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';

export interface KeptLog {
  readonly logger: Logger;
  readonly lines: readonly string[];
}

export function keepLog(): KeptLog {
  const lines: string[] = [];
  const logger = createLogger('debug', { sink: { write: (line) => lines.push(line) }, nowMs: Date.now });
  return { logger, lines };
}
