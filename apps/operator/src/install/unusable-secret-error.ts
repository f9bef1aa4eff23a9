/** A Secret is there that cannot be used; it is left as it is. */
export class UnusableSecretError extends Error {
  readonly code = 'SLUICE_UNUSABLE_SECRET';
  override readonly name = 'UnusableSecretError';
  readonly secret: string;
  readonly key: string;

  constructor(secret: string, key: string, reason: string) {
    super(
      `Secret ${secret}: its key ${key} ${reason}; put a usable one there, or delete the Secret to have it made anew`,
    );
    this.secret = secret;
    this.key = key;
  }
}
