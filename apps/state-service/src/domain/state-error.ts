/** What the store refuses, each with what an answer to the client needs. The messages hold names, never verifiers or secrets. */

export type StoredKind = 'User' | 'Group' | 'Credential' | 'AclRule' | 'ApiKey' | 'IdempotencyKey';

export class NotFoundError extends Error {
  readonly code = 'SLUICE_NOT_FOUND';
  override readonly name = 'NotFoundError';
  readonly kind: StoredKind;
  readonly resource: string;

  constructor(kind: StoredKind, resource: string) {
    super(`there is no ${kind} ${JSON.stringify(resource)}`);
    this.kind = kind;
    this.resource = resource;
  }
}

export class AlreadyExistsError extends Error {
  readonly code = 'SLUICE_ALREADY_EXISTS';
  override readonly name = 'AlreadyExistsError';
  readonly kind: StoredKind;
  readonly resource: string;

  constructor(kind: StoredKind, resource: string) {
    super(`${kind} ${JSON.stringify(resource)} exists already; change it, or choose another name`);
    this.kind = kind;
    this.resource = resource;
  }
}

/** The resource was changed since the client read it. */
export class VersionMismatchError extends Error {
  readonly code = 'SLUICE_VERSION_MISMATCH';
  override readonly name = 'VersionMismatchError';
  readonly kind: StoredKind;
  readonly resource: string;
  readonly currentVersion: number;

  constructor(kind: StoredKind, resource: string, currentVersion: number) {
    super(`${kind} ${JSON.stringify(resource)} was changed meanwhile; read it again and repeat the change`);
    this.kind = kind;
    this.resource = resource;
    this.currentVersion = currentVersion;
  }
}

/** A field names something that is not there: a group, the user of a rule. */
export class UnknownReferenceError extends Error {
  readonly code = 'SLUICE_UNKNOWN_REFERENCE';
  override readonly name = 'UnknownReferenceError';
  readonly kind: StoredKind;
  readonly resource: string;

  constructor(kind: StoredKind, resource: string) {
    super(`${kind} ${JSON.stringify(resource)} does not exist; create it first`);
    this.kind = kind;
    this.resource = resource;
  }
}

export type StateLimit =
  | 'CredentialsPerUser'
  | 'GroupsPerUser'
  | 'RulesPerUser'
  | 'RuleBytesPerUser'
  | 'LiveKeysPerClient';

/** One more would be more than there may be. */
export class LimitExceededError extends Error {
  readonly code = 'SLUICE_LIMIT_EXCEEDED';
  override readonly name = 'LimitExceededError';
  readonly limit: StateLimit;
  readonly maximum: number;

  constructor(limit: StateLimit, maximum: number, whose: string) {
    super(`${JSON.stringify(whose)} would have more than ${maximum} (${limit}); remove one first`);
    this.limit = limit;
    this.maximum = maximum;
  }
}

/** A value the database's own bounds refuse although the request's schema let it through: the second line of defence. */
export class InvalidValueError extends Error {
  readonly code = 'SLUICE_INVALID_VALUE';
  override readonly name = 'InvalidValueError';
  /** Name of the bound in the database. */
  readonly constraint: string;

  constructor(constraint: string, cause: unknown) {
    super(`a value is outside its bounds (${constraint}); see the API's document for them`, { cause });
    this.constraint = constraint;
  }
}

/** A repetition of the request took it over while this one was slow: nothing was changed by this one. */
export class IdempotencyLostError extends Error {
  readonly code = 'SLUICE_IDEMPOTENCY_LOST';
  override readonly name = 'IdempotencyLostError';

  constructor(key: string) {
    super(`another request with Idempotency-Key ${JSON.stringify(key)} took over; repeat the request for its answer`);
  }
}
