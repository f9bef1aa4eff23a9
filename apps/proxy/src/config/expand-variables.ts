/**
 * `${VAR}`, `${VAR:default}` and `$${` in a string value, expanded once: what a variable holds is never expanded again, and a
 * default is plain text. A variable that is set but empty is set: its default is not used.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Expansion =
  | { readonly kind: 'expanded'; readonly text: string }
  | {
      readonly kind: 'invalid';
      /** Which `${` of the text, from 0. */
      readonly ordinal: number;
      readonly message: string;
      readonly remedy: string;
    };

/** What one value may expand to; longer than any field allows. */
export const maxExpandedLength = 65_536;

const opening = /\$?\$\{/g;
const reference = /([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/y;
const literalRemedy = 'write ${NAME} or ${NAME:default}, or $${ for a literal ${';

type Lookup =
  | { readonly kind: 'value'; readonly value: string; readonly end: number }
  | { readonly kind: 'invalid'; readonly message: string; readonly remedy: string };

function lookUp(text: string, start: number, env: Environment): Lookup {
  reference.lastIndex = start;
  const match = reference.exec(text);
  if (match === null) return { kind: 'invalid', message: 'malformed variable reference', remedy: literalRemedy };
  const [whole, name = '', fallback] = match;
  if (fallback?.includes('${') === true) {
    return {
      kind: 'invalid',
      message: `the default of \${${name}} holds another variable`,
      remedy: 'defaults are plain text: use one variable',
    };
  }
  // Own properties only: a plain object would answer for __proto__ or constructor.
  const value = (Object.hasOwn(env, name) ? env[name] : undefined) ?? fallback;
  if (value === undefined) {
    return {
      kind: 'invalid',
      message: `variable ${name} is not set`,
      remedy: `set it, or give a default: \${${name}:value}`,
    };
  }
  return { kind: 'value', value, end: start + whole.length };
}

/** Expands all variables of a value, or says what is wrong with the first that cannot be. */
export function expandVariables(text: string, env: Environment): Expansion {
  if (!text.includes('${')) return { kind: 'expanded', text };
  let expanded = '';
  let end = 0;
  let ordinal = 0;
  opening.lastIndex = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    expanded += text.slice(end, match.index);
    if (match[0].length === 3) {
      expanded += '${';
      end = opening.lastIndex;
    } else {
      const found = lookUp(text, opening.lastIndex, env);
      if (found.kind === 'invalid') return { ...found, ordinal };
      expanded += found.value;
      end = found.end;
      opening.lastIndex = end;
    }
    ordinal += 1;
    if (expanded.length > maxExpandedLength) {
      return {
        kind: 'invalid',
        ordinal: ordinal - 1,
        message: `expands to more than ${maxExpandedLength} characters`,
        remedy: 'shorten the variables',
      };
    }
  }
  return { kind: 'expanded', text: expanded + text.slice(end) };
}
