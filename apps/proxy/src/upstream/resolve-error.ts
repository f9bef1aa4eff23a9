/** Why a host name has no address to dial. The session answers the client by `code`; the log gets the message. */

export type ResolveErrorCode =
  /** The resolver says there is no such name, or none of the family asked for. */
  | 'NotFound'
  /** No answer in time. */
  | 'Timeout'
  /** The resolver failed: no server reachable, a broken answer. */
  | 'Failed'
  /** Too many lookups are waiting. */
  | 'Overloaded';

export class ResolveError extends Error {
  override readonly name = 'ResolveError';
  readonly code: ResolveErrorCode;
  readonly host: string;

  constructor(host: string, code: ResolveErrorCode, reason: string, options?: ErrorOptions) {
    super(`cannot resolve ${JSON.stringify(host)}: ${reason}`, options);
    this.code = code;
    this.host = host;
  }
}
