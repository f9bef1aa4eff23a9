/** Errors of the client library and of Node as one line for a person. Pure. */
const maxReasonLength = 300;

/** The message of an error and of what caused it, bounded. */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, maxReasonLength);
  const own = error.message === '' ? error.name : error.message;
  const cause = error.cause instanceof Error ? errorReason(error.cause) : '';
  return (cause === '' || own.includes(cause) ? own : `${own}: ${cause}`).slice(0, maxReasonLength);
}
