/** A file that the command line names cannot be used. */
export class SettingsError extends Error {
  readonly code = 'SLUICE_SETTINGS';
  override readonly name = 'SettingsError';
}
