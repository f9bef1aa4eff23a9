/** The database was migrated by a later version of the program, which this one must not write to. */
export class DatabaseTooNewError extends Error {
  readonly code = 'SLUICE_DATABASE_TOO_NEW';
  override readonly name = 'DatabaseTooNewError';
  readonly unknownMigrations: readonly string[];

  constructor(unknownMigrations: readonly string[]) {
    super(
      `the database has migrations that this version does not know (${unknownMigrations.join(', ')}): ` +
        'a newer version has run on it; start that one, or restore a backup from before',
    );
    this.unknownMigrations = unknownMigrations;
  }
}
