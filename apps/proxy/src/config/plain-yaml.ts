/**
 * A fast reader for the plain part of YAML that configuration generators write: block and flow collections, one-line plain
 * and quoted scalars, comments. It reads what it knows exactly as the `yaml` package would and gives up at the first
 * character it is not sure of (anchors, tags, block scalars, text over several lines, tabs, any error): library-yaml.ts
 * then reads the text instead. Invariant, held by a differential test: a tree from here equals the package's.
 * It exists because the package takes 15 s and 2 GB for 100 000 routes; this takes half a second.
 */
import {
  maxYamlDepth,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from './yaml-node.ts';

export type PlainYamlReading =
  /** `root` null: nothing but comments. */
  | { readonly kind: 'tree'; readonly root: YamlNode | null }
  /** Not sure what is at this offset. */
  | { readonly kind: 'unsure'; readonly offset: number };

/** Thrown inside this file only: giving up unwinds the whole descent. */
class NotPlainYaml extends Error {
  readonly code = 'NotPlainYaml';
  readonly offset: number;

  constructor(offset: number) {
    super('not plain YAML');
    this.offset = offset;
  }
}

const newline = 0x0a;
const space = 0x20;
const doubleQuote = 0x22;
const hash = 0x23;
const singleQuote = 0x27;
const comma = 0x2c;
const dash = 0x2d;
const colon = 0x3a;
const question = 0x3f;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Longest implicit key (YAML 1.2 section 7.4.2). */
const maxKeyLength = 1000;

/** Characters that begin something other than plain text (YAML 1.2 section 5.3); `-`, `?` and `:` are judged by what follows. */
const indicators = new Set(Buffer.from(',[]{}#&*!|>\'"%@`'));

function isFlowIndicator(code: number): boolean {
  return code === comma || code === openBracket || code === closeBracket || code === openBrace || code === closeBrace;
}

class PlainYamlReader {
  readonly #text: string;
  #position = 0;
  /** Indentation of the next content, at whose first character the position is; -1 at the end of the text. */
  #column = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): YamlNode | null {
    if (this.#text.startsWith('---\n')) this.#position = 4;
    this.#nextContent();
    if (this.#column === -1) return null;
    const root = this.#blockNode(-1, 1);
    if (this.#column !== -1) this.#giveUp();
    return root;
  }

  #giveUp(): never {
    throw new NotPlainYaml(this.#position);
  }

  /** NaN at the end of the text: equal to no character. */
  #at(offset: number): number {
    return this.#text.charCodeAt(offset);
  }

  #isBlank(offset: number): boolean {
    const code = this.#at(offset);
    return code === space || code === newline || Number.isNaN(code);
  }

  #isDash(): boolean {
    return this.#at(this.#position) === dash && this.#isBlank(this.#position + 1);
  }

  #skipSpaces(): void {
    while (this.#at(this.#position) === space) this.#position += 1;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#position);
    this.#position = end === -1 ? this.#text.length : end;
  }

  /** Nothing but spaces and a comment may follow on the line. */
  #endLine(): void {
    const start = this.#position;
    this.#skipSpaces();
    if (this.#at(this.#position) === hash && this.#position > start) this.#skipComment();
    const code = this.#at(this.#position);
    if (code !== newline && !Number.isNaN(code)) this.#giveUp();
    this.#position += 1;
  }

  /** From the start of a line to the next content. */
  #nextContent(): void {
    for (;;) {
      const start = this.#position;
      this.#skipSpaces();
      const code = this.#at(this.#position);
      if (Number.isNaN(code)) {
        this.#column = -1;
        return;
      }
      if (code === hash) this.#skipComment();
      else if (code !== newline) {
        this.#column = this.#position - start;
        if (this.#column === 0 && this.#isDocumentMarker()) this.#giveUp();
        return;
      }
      this.#position += 1;
    }
  }

  #isDocumentMarker(): boolean {
    return this.#text.startsWith('---', this.#position) || this.#text.startsWith('...', this.#position);
  }

  /** A value that begins a line of its own, or follows `- `: its column is known. */
  #blockNode(parentColumn: number, depth: number): YamlNode {
    if (this.#isDash()) return this.#blockList(this.#column, depth);
    const code = this.#at(this.#position);
    if (code === openBracket || code === openBrace) return this.#inlineNode(parentColumn, depth);
    const column = this.#column;
    const scalar = this.#scalar(false);
    if (this.#isAtKeyColon(false)) return this.#blockMap(column, scalar, depth);
    this.#finishInline(parentColumn);
    return scalar;
  }

  /** A flow collection or scalar after which the line ends. */
  #inlineNode(parentColumn: number, depth: number): YamlNode {
    const code = this.#at(this.#position);
    const isFlow = code === openBracket || code === openBrace;
    const node = isFlow ? this.#flowCollection(parentColumn, depth) : this.#scalar(false);
    if (!isFlow && this.#isAtKeyColon(false)) this.#giveUp();
    this.#finishInline(parentColumn);
    return node;
  }

  #finishInline(parentColumn: number): void {
    this.#endLine();
    this.#nextContent();
    // Further in than the parent: the text goes on over several lines, or the indentation is wrong.
    if (this.#column > parentColumn) this.#giveUp();
  }

  #blockMap(column: number, firstKey: YamlScalar, depth: number): YamlMap {
    if (depth > maxYamlDepth) this.#giveUp();
    const entries: YamlEntry[] = [];
    let key = firstKey;
    for (;;) {
      this.#skipSpaces();
      this.#position += 1;
      entries.push({ key: key.text, keyOffset: key.offset, value: this.#mapValue(column, depth + 1) });
      if (this.#column < column) return { kind: 'Map', offset: firstKey.offset, entries };
      if (this.#column > column || this.#isDash()) this.#giveUp();
      key = this.#scalar(false);
      if (!this.#isAtKeyColon(false)) this.#giveUp();
    }
  }

  #mapValue(column: number, depth: number): YamlNode {
    const afterColon = this.#position;
    this.#skipSpaces();
    const code = this.#at(this.#position);
    if (code !== newline && code !== hash && !Number.isNaN(code)) {
      if (this.#isDash()) this.#giveUp();
      return this.#inlineNode(column, depth);
    }
    this.#position = afterColon;
    this.#endLine();
    this.#nextContent();
    if (this.#column > column) return this.#blockNode(column, depth);
    if (this.#column === column && this.#isDash()) return this.#blockList(column, depth);
    return { kind: 'Scalar', offset: afterColon, text: '', isPlain: true };
  }

  #blockList(column: number, depth: number): YamlList {
    if (depth > maxYamlDepth) this.#giveUp();
    const offset = this.#position;
    const items: YamlNode[] = [];
    do items.push(this.#listItem(column, depth + 1));
    while (this.#column === column && this.#isDash());
    if (this.#column > column) this.#giveUp();
    return { kind: 'List', offset, items };
  }

  #listItem(column: number, depth: number): YamlNode {
    const dashOffset = this.#position;
    this.#position += 1;
    this.#skipSpaces();
    const code = this.#at(this.#position);
    if (code !== newline && code !== hash && !Number.isNaN(code)) {
      this.#column = column + (this.#position - dashOffset);
      return this.#blockNode(column, depth);
    }
    this.#position = dashOffset + 1;
    this.#endLine();
    this.#nextContent();
    if (this.#column > column) return this.#blockNode(column, depth);
    return { kind: 'Scalar', offset: dashOffset + 1, text: '', isPlain: true };
  }

  #flowCollection(parentColumn: number, depth: number): YamlNode {
    if (depth > maxYamlDepth) this.#giveUp();
    const offset = this.#position;
    const isList = this.#at(offset) === openBracket;
    this.#position += 1;
    if (isList) return { kind: 'List', offset, items: this.#flowItems(parentColumn, depth) };
    return { kind: 'Map', offset, entries: this.#flowEntries(parentColumn, depth) };
  }

  #flowItems(parentColumn: number, depth: number): readonly YamlNode[] {
    const items: YamlNode[] = [];
    while (!this.#isFlowEnd(closeBracket, parentColumn)) {
      items.push(this.#flowValue(parentColumn, depth + 1));
      this.#flowSeparator(closeBracket, parentColumn);
    }
    return items;
  }

  #flowEntries(parentColumn: number, depth: number): readonly YamlEntry[] {
    const entries: YamlEntry[] = [];
    while (!this.#isFlowEnd(closeBrace, parentColumn)) {
      const key = this.#scalar(true);
      const isQuoted = !key.isPlain;
      if (!this.#isAtKeyColon(true) && !(isQuoted && this.#at(this.#position) === colon)) this.#giveUp();
      this.#skipSpaces();
      this.#position += 1;
      this.#skipFlowSpace(parentColumn);
      entries.push({ key: key.text, keyOffset: key.offset, value: this.#flowValue(parentColumn, depth + 1) });
      this.#flowSeparator(closeBrace, parentColumn);
    }
    return entries;
  }

  #flowValue(parentColumn: number, depth: number): YamlNode {
    const code = this.#at(this.#position);
    if (code === openBracket || code === openBrace) return this.#flowCollection(parentColumn, depth);
    return this.#scalar(true);
  }

  /** After a value: a comma, or the end, which stays to be read. */
  #flowSeparator(end: number, parentColumn: number): void {
    this.#skipFlowSpace(parentColumn);
    const code = this.#at(this.#position);
    if (code === comma) this.#position += 1;
    else if (code !== end) this.#giveUp();
  }

  #isFlowEnd(end: number, parentColumn: number): boolean {
    this.#skipFlowSpace(parentColumn);
    if (this.#at(this.#position) !== end) return false;
    this.#position += 1;
    return true;
  }

  /** Spaces, comments and line ends inside brackets; every line must be further in than the parent. */
  #skipFlowSpace(parentColumn: number): void {
    for (;;) {
      const start = this.#position;
      this.#skipSpaces();
      const code = this.#at(this.#position);
      if (code === hash && this.#position > start) this.#skipComment();
      else if (code !== newline) return;
      if (Number.isNaN(this.#at(this.#position))) this.#giveUp();
      this.#position += 1;
      this.#checkFlowIndent(parentColumn);
    }
  }

  #checkFlowIndent(parentColumn: number): void {
    const start = this.#position;
    this.#skipSpaces();
    const code = this.#at(this.#position);
    if (code === newline) return;
    const column = this.#position - start;
    if (code === hash) {
      // A comment at the start of a line needs no space before it; step back so that one is seen.
      if (column === 0) this.#giveUp();
      this.#position -= 1;
    } else if (column <= parentColumn || (column === 0 && this.#isDocumentMarker())) this.#giveUp();
  }

  /** Whether `:` and a blank follow, which makes the scalar just read a key. */
  #isAtKeyColon(isFlow: boolean): boolean {
    let offset = this.#position;
    while (this.#at(offset) === space) offset += 1;
    if (this.#at(offset) !== colon) return false;
    return this.#isBlank(offset + 1) || (isFlow && isFlowIndicator(this.#at(offset + 1)));
  }

  /** A plain or quoted scalar of one line; the position is left behind its last character. */
  #scalar(isFlow: boolean): YamlScalar {
    const offset = this.#position;
    const code = this.#at(offset);
    const isQuoted = code === doubleQuote || code === singleQuote;
    const text =
      code === doubleQuote ? this.#doubleQuoted() : code === singleQuote ? this.#singleQuoted() : this.#plain(isFlow);
    // A longer key needs the package's judgement; a longer value is refused later, whoever reads it.
    if (this.#position - offset > maxKeyLength) this.#giveUp();
    return { kind: 'Scalar', offset, text, isPlain: !isQuoted };
  }

  #doubleQuoted(): string {
    const start = this.#position + 1;
    let hasEscape = false;
    for (let offset = start; ; offset += 1) {
      const code = this.#at(offset);
      if (code === doubleQuote) {
        this.#position = offset + 1;
        const raw = this.#text.slice(start, offset);
        return hasEscape ? raw.replace(/\\(.)/g, '$1') : raw;
      }
      if (code === backslash) {
        hasEscape = true;
        offset += 1;
        const escaped = this.#at(offset);
        if (escaped !== doubleQuote && escaped !== backslash) this.#giveUp();
      } else if (!(code >= space)) this.#giveUp();
    }
  }

  #singleQuoted(): string {
    const start = this.#position + 1;
    let hasEscape = false;
    for (let offset = start; ; offset += 1) {
      const code = this.#at(offset);
      if (code === singleQuote) {
        if (this.#at(offset + 1) !== singleQuote) {
          this.#position = offset + 1;
          const raw = this.#text.slice(start, offset);
          return hasEscape ? raw.replaceAll("''", "'") : raw;
        }
        hasEscape = true;
        offset += 1;
      } else if (!(code >= space)) this.#giveUp();
    }
  }

  #plain(isFlow: boolean): string {
    const start = this.#position;
    this.#checkPlainStart(start, isFlow);
    let end = start;
    for (let offset = start; ; offset += 1) {
      const code = this.#at(offset);
      if (code === newline || Number.isNaN(code) || this.#isPlainEnd(offset, code, isFlow)) break;
      if (code < space || code === 0xfeff) this.#giveUp();
      if (code !== space) end = offset + 1;
    }
    this.#position = end;
    if (end === start) this.#giveUp();
    return this.#text.slice(start, end);
  }

  #checkPlainStart(start: number, isFlow: boolean): void {
    const first = this.#at(start);
    if (Number.isNaN(first) || indicators.has(first)) this.#giveUp();
    const isJudgedByNext = first === dash || first === question || first === colon;
    const next = this.#at(start + 1);
    if (isJudgedByNext && (this.#isBlank(start + 1) || (isFlow && isFlowIndicator(next)))) this.#giveUp();
  }

  #isPlainEnd(offset: number, code: number, isFlow: boolean): boolean {
    if (code === colon) return this.#isBlank(offset + 1) || (isFlow && isFlowIndicator(this.#at(offset + 1)));
    if (code === hash) return this.#at(offset - 1) === space;
    return isFlow && isFlowIndicator(code);
  }
}

/** The tree of a plain YAML text, or where it stops being plain. Never throws. */
export function readPlainYaml(text: string): PlainYamlReading {
  try {
    return { kind: 'tree', root: new PlainYamlReader(text).read() };
  } catch (error) {
    if (error instanceof NotPlainYaml) return { kind: 'unsure', offset: Math.min(error.offset, text.length) };
    throw error;
  }
}
