/** A listener could not be bound. */
export class ListenError extends Error {
  readonly code = 'SLUICE_LISTEN';
  override readonly name = 'ListenError';

  constructor(listener: string, address: string, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    super(`cannot bind ${listener} ${address}: ${reason}; choose another address, or end what has it`, { cause });
  }
}
