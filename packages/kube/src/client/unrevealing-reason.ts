/**
 * Why credentials could not be read, without what was read: parsers quote the text that they stumble over, and that text may be
 * the token.
 */

const maxLength = 300;

export function unrevealingReason(error: unknown): string {
  if (!(error instanceof Error)) return 'of an unknown error';
  if (error instanceof SyntaxError) return 'what should be JSON is none';
  if (error.name === 'YAMLException') return 'it is no YAML';
  return error.message.trim().slice(0, maxLength);
}
