/**
 * Reads YAML with the `yaml` package, the authority on what a text means, into YamlNodes. Refuses what a configuration must
 * not contain (unknown tags, too many aliases, too deep, several documents) while reading, so that a hostile text costs no
 * more than its length: aliases share nodes and are never expanded.
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './issue-list.ts';
import { maxYamlDepth, type YamlEntry, type YamlNode } from './yaml-node.ts';

const maxAliases = 100;

/** About 700 MB of syntax tree and 5 s; only files that plain-yaml.ts cannot read come near it. */
const maxLexemes = 3_000_000;

export type YamlReading =
  /** `root` null: an empty document. Problems may come with a tree, which is then worth further checks. */
  | { readonly kind: 'tree'; readonly root: YamlNode | null; readonly problems: readonly Problem[] }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] }
  /** More tokens than fit in memory as a tree. */
  | { readonly kind: 'tooManyTokens' };

/** Tokens behind the end of the document, after which no more are read: each costs an error, and the first says it all. */
const maxStrayTokens = 100;

const valueTags = new Set(['int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`));

const remedies: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'align the line with its neighbours, with spaces',
  TAB_AS_INDENT: 'indent with spaces',
  MULTILINE_IMPLICIT_KEY: 'look for a missing colon, quote or bracket',
  MISSING_CHAR: 'look for a missing colon, comma, quote or bracket',
  BAD_SCALAR_START: 'quote the value',
  BAD_DQ_ESCAPE: 'double the backslash, or use single quotes',
  BLOCK_AS_IMPLICIT_KEY: 'quote the value, or begin a new line',
  KEY_OVER_1024_CHARS: 'shorten the key',
};

/** The package repeats the token it stumbled over, which may be part of a password: only its kind is kept. */
function syntaxProblem(error: YAMLError, text: string): Problem {
  const [offset] = error.pos;
  if (text.startsWith('${', offset - 1)) {
    const message = 'invalid YAML: ${…} without quotes inside brackets, where { begins a map';
    return { offset: offset - 1, message, remedy: 'quote the value: "${VAR}"' };
  }
  const message = error.message.replace(/:? ".*$/s, '').replace(/\s+/g, ' ');
  return { offset, message: `invalid YAML: ${message}`, remedy: remedies[error.code] ?? 'correct the YAML syntax' };
}

function tagProblem(error: YAMLError, text: string): Problem {
  const [offset] = error.pos;
  const tag = /^\S*/.exec(text.slice(offset, offset + 80))?.[0] ?? '';
  return { offset, message: `unknown YAML tag ${JSON.stringify(tag)}`, remedy: 'remove the tag' };
}

function tooDeep(offset: number): Problem {
  return {
    offset,
    message: `nested more than ${maxYamlDepth} levels deep`,
    remedy: 'remove levels: no setting needs so many',
  };
}

const collectionTokens = new Set(['block-map', 'block-seq', 'flow-collection']);

function collectionDepth(parser: Parser): number {
  return parser.stack.length <= maxYamlDepth
    ? 0
    : parser.stack.filter((token) => collectionTokens.has(token.type)).length;
}

/** Drives the package's own pipeline by hand: it has no bounds of its own, and composing recurses. */
function readDocuments(text: string): readonly Document.Parsed[] | YamlReading {
  const parser = new Parser();
  const composer = new Composer({
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const documents: Document.Parsed[] = [];
  let offset = 0;
  let strayTokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      documents.push(...composer.next(token));
      strayTokens += token.type === 'error' ? 1 : 0;
    }
    offset += isControlLexeme(lexeme) ? 0 : lexeme.length;
    if (collectionDepth(parser) > maxYamlDepth)
      return { kind: 'unreadable', problems: [tooDeep(offset - lexeme.length)] };
    if (documents.length > 1 || strayTokens > maxStrayTokens) break;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(false, text.length));
  return documents;
}

/** Counted before anything is built: the tree is what takes the memory. */
function hasTooManyLexemes(text: string): boolean {
  if (text.length < maxLexemes / 2) return false;
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += lexeme.length > 0 ? 1 : 0;
    if (lexemes > maxLexemes) return true;
  }
  return false;
}

/** The lexer marks documents, scalars and ends of flow with single control characters that are not in the text. */
function isControlLexeme(lexeme: string): boolean {
  return lexeme === '\u0002' || lexeme === '\u0018' || lexeme === '\u001f';
}

class NodeConverter {
  readonly problems: Problem[] = [];
  /** A bound was exceeded: the tree is cut short and not worth further checks. */
  isCutShort = false;
  readonly #anchors = new Map<string, YamlNode>();
  #aliasCount = 0;

  convert(node: Node | null, offset: number, depth: number): YamlNode {
    if (isAlias(node)) return this.#alias(node.source, node.range?.[0] ?? offset);
    const converted = this.#convertValue(node, node?.range?.[0] ?? offset, depth);
    const anchor = node === null || !('anchor' in node) ? undefined : node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertValue(node: Node | null, offset: number, depth: number): YamlNode {
    if (isScalar(node)) return { kind: 'Scalar', offset, text: scalarText(node), isPlain: isPlainScalar(node) };
    if (node === null) return { kind: 'Scalar', offset, text: '', isPlain: true };
    if (depth > maxYamlDepth) {
      this.problems.push(tooDeep(offset));
      this.isCutShort = true;
      return { kind: 'List', offset, items: [] };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.convert(item as Node | null, offset, depth + 1));
      return { kind: 'List', offset, items };
    }
    return { kind: 'Map', offset, entries: isMap(node) ? this.#entries(node, depth) : [] };
  }

  #entries(map: YAMLMap, depth: number): readonly YamlEntry[] {
    const entries: YamlEntry[] = [];
    const mapOffset = map.range?.[0] ?? 0;
    for (const pair of map.items) {
      const key = pair.key as Node | null;
      const keyOffset = key?.range?.[0] ?? mapOffset;
      const value = this.convert(pair.value as Node | null, key?.range?.[1] ?? keyOffset, depth + 1);
      if (isScalar(key)) entries.push({ key: scalarText(key), keyOffset, value });
      else
        this.problems.push({
          offset: keyOffset,
          message: 'a key that is not text',
          remedy: 'write the name of a setting as the key',
        });
    }
    return entries;
  }

  #alias(name: string, offset: number): YamlNode {
    this.#aliasCount += 1;
    if (this.#aliasCount === maxAliases + 1) {
      this.problems.push({ offset, message: `more than ${maxAliases} aliases`, remedy: 'write the values out' });
      this.isCutShort = true;
    }
    const target = this.#anchors.get(name);
    if (target !== undefined) return target;
    this.problems.push({
      offset,
      message: `alias *${name} has no anchor before it`,
      remedy: `mark the value it stands for with &${name}`,
    });
    return { kind: 'Scalar', offset, text: '', isPlain: true };
  }
}

function scalarText(scalar: Scalar): string {
  return scalar.source ?? '';
}

function isPlainScalar(scalar: Scalar): boolean {
  if (scalar.tag !== undefined) return valueTags.has(scalar.tag);
  return scalar.type === 'PLAIN';
}

function documentProblems(
  document: Document.Parsed,
  text: string,
): { readonly syntax: readonly Problem[]; readonly other: readonly Problem[] } {
  const syntax: Problem[] = [];
  const other: Problem[] = [];
  for (const error of document.errors) {
    if (error.code === 'TAG_RESOLVE_FAILED') other.push(tagProblem(error, text));
    // After an error the parser stumbles over every token to the end of the file: only a first one says something.
    else if (error.code !== 'UNEXPECTED_TOKEN' || syntax.length === 0) syntax.push(syntaxProblem(error, text));
  }
  // Of the warnings only these change what is read; the others are about style.
  for (const warning of document.warnings) {
    if (warning.code === 'TAG_RESOLVE_FAILED') other.push(tagProblem(warning, text));
    else if (warning.code === 'BAD_DIRECTIVE') syntax.push(syntaxProblem(warning, text));
  }
  const version = document.directives.yaml;
  if (version.explicit === true && version.version !== '1.2') {
    other.push({
      offset: Math.max(0, text.indexOf('%YAML')),
      message: `YAML ${version.version}`,
      remedy: 'write YAML 1.2, without a directive',
    });
  }
  return { syntax, other };
}

/** Reads a text of any kind; never throws for what the text holds. */
export function readLibraryYaml(text: string): YamlReading {
  if (hasTooManyLexemes(text)) return { kind: 'tooManyTokens' };
  const documents = readDocuments(text);
  if ('kind' in documents) return documents;
  const [document, second] = documents;
  if (document === undefined) return { kind: 'tree', root: null, problems: [] };
  const { syntax, other } = documentProblems(document, text);
  if (second !== undefined) {
    const problem = {
      offset: second.range[0],
      message: 'a second YAML document',
      remedy: 'keep one document in the file',
    };
    return { kind: 'unreadable', problems: [...syntax, problem] };
  }
  if (syntax.length > 0) return { kind: 'unreadable', problems: [...syntax, ...other] };
  const converter = new NodeConverter();
  const contents = document.contents as Node | null;
  const isEmpty = contents === null || (isScalar(contents) && contents.source === '' && contents.type === 'PLAIN');
  const root = isEmpty ? null : converter.convert(contents, 0, 1);
  const problems = [...other, ...converter.problems];
  return converter.isCutShort ? { kind: 'unreadable', problems } : { kind: 'tree', root, problems };
}
