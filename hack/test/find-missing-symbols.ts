/**
 * Which of the `file#symbol` and `folder/file` names of a document do not exist. A symbol counts where it is declared, not
 * where it is mentioned or called. Reads the formatted sources line by line: a class member stands two spaces in, a method of
 * a returned object four, a C++ definition at the margin.
 */

export interface MissingName {
  readonly name: string;
  readonly problem: string;
}

/** Reads a file or tells what a folder is; null: there is no such path. */
export type ReadPath = (path: string) => string | null;

const codeSpan = /`(?<text>[^`\n]+)`/gu;
const pathName = /^\.?[\w.-]+(?:\/[\w.-]+)+$/u;
const lineNumber = /\.(?:ts|h|cc)(?::|#L)\d+/u;
const modifiers = '(?:(?:async|static|readonly|override|get|set)\\s+|\\*)*';

function isDeclaredInTypeScript(line: string, name: string): boolean {
  const top = new RegExp(
    `^(?:export )?(?:async )?(?:abstract )?(?:class|function\\*?|const|let|interface|type) ${name}\\b`,
    'u',
  );
  if (top.test(line)) return true;
  const member = new RegExp(`^ {2,4}${modifiers}${name}(?:<[^>]*>)?(?:\\(|\\??: | = )`, 'u');
  return member.test(line) && !line.endsWith(');');
}

function isDeclaredInCpp(line: string, name: string): boolean {
  const typeName = new RegExp(`^ *(?:class|struct|enum class) ${name}\\b`, 'u');
  const constant = new RegExp(`^(?:inline )?constexpr [\\w:<>]+ ${name}\\b`, 'u');
  const definition = new RegExp(
    `^(?! *(?:return|else|co_return|case)\\b) {0,2}[\\w:<>*&,[\\] ]*[\\w>*&] [*&]?(?:\\w+::)*${name}\\(`,
    'u',
  );
  const constructor = new RegExp(`^(?:\\w+::)*${name}::${name}\\(`, 'u');
  return [typeName, constant, definition, constructor].some((pattern) => pattern.test(line));
}

function isDeclared(path: string, text: string, segment: string): boolean {
  const name = segment.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&');
  const isCpp = /\.(?:h|cc)$/u.test(path);
  return text.split('\n').some((line) => (isCpp ? isDeclaredInCpp(line, name) : isDeclaredInTypeScript(line, name)));
}

function problemOf(span: string, read: ReadPath): string | null {
  const [path = '', ...rest] = span.split('#');
  const symbol = span.slice(path.length + 1);
  const text = read(path);
  if (text === null) return 'there is no such path';
  if (rest.length === 0) return null;
  const segments = symbol.split(/::|\./u);
  // In C++ the class of a definition outside of it is declared in the header: `Worker::step` must stand as it is.
  const last = segments.at(-1) ?? '';
  if (symbol.includes('::') && !text.includes(`${symbol}(`)) return `${symbol} is not defined there`;
  const wanted = symbol.includes('::') ? [last] : segments;
  const missing = wanted.filter((segment) => segment === '' || !isDeclared(path, text, segment));
  return missing.length === 0 ? null : `${missing.join(', ')} is not declared there`;
}

/** The names of `markdown` that do not exist, and how many were looked at. */
export function findMissingSymbols(
  markdown: string,
  read: ReadPath,
): { readonly symbols: number; readonly missing: readonly MissingName[] } {
  const spans = Array.from(markdown.matchAll(codeSpan), (match) => match.groups?.['text'] ?? '');
  const names = [...new Set(spans)].filter((span) => pathName.test(span.split('#')[0] ?? '') || lineNumber.test(span));
  const missing = names.flatMap((name): MissingName[] => {
    const problem = lineNumber.test(name) ? 'line numbers go stale: name a symbol' : problemOf(name, read);
    return problem === null ? [] : [{ name, problem }];
  });
  return { symbols: names.filter((name) => name.includes('#')).length, missing };
}
