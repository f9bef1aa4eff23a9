/** Requests that a client may repeat: the answer to the first one is the answer to all. */

export interface IdempotentRequest {
  /** Id of the API key's client. */
  readonly client: string;
  /** 1 to 255 characters, as the client sent it. */
  readonly key: string;
  /** Everything that makes it this request: method, path and the body's bytes. Kept as an HMAC only: a body may hold a password. */
  readonly content: readonly (string | Uint8Array)[];
}

/** The answer that a repeated request gets. Kept encrypted: the answer to a new API key holds its secret. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The right to answer a request, until it is taken over by a repetition. */
export interface IdempotencyClaim {
  readonly client: string;
  readonly key: string;
  readonly token: string;
}

export type IdempotencyOutcome =
  /** Nobody answered this yet: do it and call `complete` in the same transaction, or `release` when it failed. */
  | { readonly kind: 'Claimed'; readonly claim: IdempotencyClaim }
  | { readonly kind: 'InFlight' }
  /** The key was used for another request. */
  | { readonly kind: 'Mismatch' }
  | { readonly kind: 'Answered'; readonly answer: StoredAnswer };
