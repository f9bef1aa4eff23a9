/** The command line, or what was typed in answer to it, is not right: for the person who typed it (exit code 64). */
export class UsageError extends Error {
  readonly code = 'SLUICE_USAGE';
  override readonly name = 'UsageError';
}
