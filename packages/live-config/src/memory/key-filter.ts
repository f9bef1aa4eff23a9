/** Key filters as NATS reads them: tokens between dots, `*` for one of them, `>` for one or more at the end. Pure. */

/** Compiles filters into one question: does any of them name this key? */
export function compileKeyFilters(filters: readonly string[]): (key: string) => boolean {
  const patterns = filters.map((filter) => filter.split('.'));
  return (key) => {
    const tokens = key.split('.');
    return patterns.some((pattern) => matches(pattern, tokens));
  };
}

function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
  if (pattern.at(-1) === '>') {
    const fixed = pattern.length - 1;
    return tokens.length > fixed && pattern.slice(0, fixed).every((part, index) => fits(part, tokens[index]));
  }
  return pattern.length === tokens.length && pattern.every((part, index) => fits(part, tokens[index]));
}

function fits(part: string, token: string | undefined): boolean {
  return part === '*' || part === token;
}
