/** Arbitrary YAML-ish texts: laid out from structures in the styles people and generators use, and lines of loose tokens. */
import * as fc from 'fast-check';

const words = fc.constantFrom(
  'a',
  'b:c',
  'www.example.com',
  '12',
  '0o22',
  '1.0',
  'no',
  'true',
  '~',
  '-1',
  '"q"',
  "'s'",
  "'it''s'",
  '"a\\"b"',
  '"x: y"',
  "'#'",
  'tcp://10.0.0.7:443',
  'a#b',
  'two words',
  '${VAR:1}',
  '"${W}"',
  '-x',
  '?x',
  ':x',
  '"[::1]:443"',
  '"\\n"',
  '!t',
  '&a',
  '*a',
  '|',
  '>',
  '@',
  '%',
  'a]',
  '{',
);

type Tree =
  | { readonly scalar: string }
  | { readonly list: readonly Tree[] }
  | { readonly map: readonly (readonly [string, Tree])[] };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    words.map((scalar): Tree => ({ scalar })),
    fc.array(tie('tree'), { maxLength: 4 }).map((list): Tree => ({ list })),
    fc.array(fc.tuple(words, tie('tree')), { maxLength: 4 }).map((map): Tree => ({ map })),
  ),
}));

interface Layout {
  readonly step: number;
  readonly isListIndented: boolean;
  readonly flowFromDepth: number;
  readonly comment: string;
  readonly flowBreak: string;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  step: fc.constantFrom(1, 2, 4),
  isListIndented: fc.boolean(),
  flowFromDepth: fc.integer({ min: 0, max: 4 }),
  comment: fc.constantFrom('', '', ' # note', ' ', '#x', '\n', '\n# full line', '\n   # deep'),
  flowBreak: fc.constantFrom('', ' ', ' ', '\n  ', '\n            ', ' # c\n          ', '\n'),
});

function flow(node: Tree, style: Layout): string {
  if ('scalar' in node) return node.scalar;
  const gap = style.flowBreak;
  if ('list' in node) return `[${node.list.map((item) => gap + flow(item, style)).join(',')}${gap}]`;
  return `{${node.map.map(([key, value]) => `${gap}${key}: ${flow(value, style)}`).join(',')}${gap}}`;
}

function block(node: Tree, style: Layout, column: number): string {
  const pad = ' '.repeat(column);
  if ('list' in node) {
    return node.list.map((item) => `${pad}-${inner(item, style, column + style.step, ' ')}`).join('');
  }
  if ('map' in node) {
    return node.map
      .map(([key, value]) => {
        const shift = 'list' in value && !style.isListIndented ? 0 : style.step;
        return `${pad}${key}:${inner(value, style, column + shift, '\n')}`;
      })
      .join('');
  }
  return `${pad}${node.scalar}${style.comment}\n`;
}

function inner(node: Tree, style: Layout, column: number, separator: ' ' | '\n'): string {
  const isFlow = 'scalar' in node || column / style.step > style.flowFromDepth;
  if (isFlow || ('list' in node ? node.list : node.map).length === 0) return ` ${flow(node, style)}${style.comment}\n`;
  const text = block(node, style, column);
  return separator === ' ' && column > 1
    ? ` ${' '.repeat(style.step - 2 > 0 ? style.step - 2 : 0)}${text.trimStart()}`
    : `${style.comment}\n${text}`;
}

const laidOut = fc
  .tuple(tree, layout)
  .map(([node, style]) => ('scalar' in node ? inner(node, style, 0, '\n') : block(node, style, 0)));

const looseTokens = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '"',
      "'",
      ':',
      ': ',
      '- ',
      '-',
      '[',
      ']',
      '{',
      '}',
      ',',
      ' ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      '#',
      ' #',
      '?',
      '&x ',
      '*x',
      '!t ',
      '|',
      '>',
      '%',
      '---\n',
      '...\n',
      '\t',
      '\r\n',
      '1',
      '~',
      '${',
      '}',
      '\\',
      '\u0000',
      '\ufeff',
      '<<',
      'é',
    ),
    { maxLength: 40 },
  )
  .map((tokens) => tokens.join(''));

/** Takes a text apart at a place and puts something else there. */
const mutated = fc
  .tuple(
    laidOut,
    fc.nat(),
    fc.nat({ max: 3 }),
    fc.constantFrom('', ' ', '\n', ':', '- ', '"', '#', ',', ']', '\t', '&a', 'x'),
  )
  .map(([text, at, cut, put]) => {
    const start = text.length === 0 ? 0 : at % text.length;
    return text.slice(0, start) + put + text.slice(start + cut);
  });

/** Texts of every kind: valid, nearly valid and not at all. */
export const yamlText: fc.Arbitrary<string> = fc.oneof(laidOut, mutated, looseTokens);
