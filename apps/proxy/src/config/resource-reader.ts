/**
 * Reads a YAML tree by a schema plan: every value gets the type its field wants, variables expanded, defaults in place.
 * Whatever is wrong is reported where it stands and left out of the result, and reading goes on: the result of a file with
 * errors is good for further checks only. Rules between fields are not here.
 */
import { type Environment, expandVariables } from './expand-variables.ts';
import { type CoreScalar, resolveCoreScalar } from './core-scalar.ts';
import type { Problem } from './issue-list.ts';
import type { LineIndex } from './line-index.ts';
import { nearestName } from './nearest-name.ts';
import type { EnumPlan, FieldPlan, IntegerPlan, ListPlan, ObjectPlan, SchemaPlan, TextPlan } from './schema-plan.ts';
import { showText } from './show-text.ts';
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts';

export interface ReaderContext {
  readonly text: string;
  readonly lines: LineIndex;
  /** null: `${` is text like any other. */
  readonly env: Environment | null;
  readonly report: (problem: Problem) => void;
  /** Whether messages begin with the path of the value; else the offset alone says where it is. */
  readonly showsPath: boolean;
}

/** What is there, for messages about a wrong type. */
function describeNode(node: YamlNode): string {
  if (node.kind === 'List') return 'a list';
  if (node.kind === 'Map') return 'a map';
  if (node.isPlain) return describeCore(resolveCoreScalar(node.text), node.text);
  return `the text ${showText(node.text)}`;
}

function describeCore(core: CoreScalar, text: string): string {
  switch (core.kind) {
    case 'null':
      return 'nothing';
    case 'number':
      return `the number ${text}`;
    case 'boolean':
      return text;
    case 'text':
      return `the text ${showText(text)}`;
  }
}

const falseFriends: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  y: 'true',
  no: 'false',
  off: 'false',
  n: 'false',
};

/** A scalar with its variables expanded; `isPlain` also when its text came from a variable, quoted or not. */
interface ExpandedScalar {
  readonly offset: number;
  readonly text: string;
  readonly isPlain: boolean;
}

export class ResourceReader {
  readonly #context: ReaderContext;
  /** Keys and indices from the root to the value being read. */
  readonly #path: (string | number)[] = [];

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  /** The value of a node, or undefined after reporting why it has none. */
  read(plan: SchemaPlan, node: YamlNode): unknown {
    switch (plan.kind) {
      case 'object':
        return node.kind === 'Map' ? this.#readObject(plan, node) : this.#wrongType('a map', node, plan.isSecret);
      case 'list':
        return node.kind === 'List' ? this.#readList(plan, node) : this.#wrongType('a list', node);
      case 'text':
        return this.#readText(plan, node);
      case 'enum':
        return this.#readEnum(plan, node);
      case 'integer':
        return this.#readInteger(plan, node);
      case 'boolean':
        return this.#readBoolean(node);
    }
  }

  #problem(offset: number, message: string, remedy: string): undefined {
    const steps = this.#context.showsPath ? this.#path : [];
    const path = steps.reduce<string>((text, step) => text + pathStep(step, text === ''), '');
    this.#context.report({ offset, message: path === '' ? message : `${path}: ${message}`, remedy });
    return undefined;
  }

  #wrongType(expected: string, node: YamlNode, isSecret = false): undefined {
    const found = isSecret && node.kind === 'Scalar' && node.text !== '' ? 'text' : describeNode(node);
    const remedy = found === 'nothing' ? 'write a value, or remove the key' : `write ${expected} here`;
    return this.#problem(node.offset, `expected ${expected}, found ${found}`, remedy);
  }

  #readObject(plan: ObjectPlan, node: YamlMap): Readonly<Record<string, unknown>> {
    const value: Record<string, unknown> = {};
    for (const entry of node.entries) {
      const field = plan.fields.get(entry.key);
      if (field === undefined) this.#unknownKey(plan, entry);
      else if (Object.hasOwn(value, field.name)) this.#duplicateKey(node, entry);
      else this.#readField(field, entry, value);
    }
    for (const field of plan.fields.values()) {
      if (Object.hasOwn(value, field.name)) continue;
      if (field.defaultValue !== undefined) value[field.name] = field.defaultValue;
      else if (field.isRequired) this.#missing(field, node);
    }
    return value;
  }

  #readField(field: FieldPlan, entry: YamlEntry, value: Record<string, unknown>): void {
    this.#path.push(field.name);
    const read = this.read(field.plan, entry.value);
    this.#path.pop();
    // Also when unreadable: rules between fields must see that the key is there.
    value[field.name] = read;
  }

  #missing(field: FieldPlan, node: YamlMap): undefined {
    return this.#problem(
      node.offset,
      `${field.name} is missing`,
      `add ${field.name}: ${lowerFirst(field.description)}`,
    );
  }

  #duplicateKey(node: YamlMap, entry: YamlEntry): void {
    const first = node.entries.find((candidate) => candidate.key === entry.key) ?? entry;
    const { line } = this.#context.lines.positionOf(first.keyOffset);
    this.#problem(
      entry.keyOffset,
      `duplicate key ${showText(entry.key)}, first given in line ${line}`,
      'keep one of the two',
    );
  }

  #unknownKey(plan: ObjectPlan, entry: YamlEntry): void {
    const key = showText(entry.key);
    const later = Object.hasOwn(plan.later, entry.key) ? plan.later[entry.key] : undefined;
    if (later !== undefined) {
      this.#problem(
        entry.keyOffset,
        `${key} is not supported yet: ${later}`,
        'remove the key; a later version will know it',
      );
    } else if (Object.hasOwn(plan.elsewhere, entry.key)) {
      this.#problem(entry.keyOffset, `${key} is for Kubernetes resources only`, plan.elsewhere[entry.key] ?? '');
    } else if (entry.key === '<<') {
      this.#problem(
        entry.keyOffset,
        'merge keys (<<) are not part of YAML 1.2',
        'write the fields out, or alias the whole value',
      );
    } else {
      const nearest = nearestName(entry.key, plan.fields.keys());
      const known = [...plan.fields.keys()].join(', ');
      this.#problem(
        entry.keyOffset,
        `unknown key ${key}`,
        nearest === null ? `known here: ${known}` : `did you mean ${nearest}?`,
      );
    }
  }

  /** Holes stay where items could not be read, so that indices keep their meaning. */
  #readList(plan: ListPlan, node: YamlList): readonly unknown[] | undefined {
    const count = node.items.length;
    if (count < plan.minItems) return this.#problem(node.offset, 'is an empty list', 'add an item, or remove the key');
    if (count > plan.maxItems) return this.#problem(node.offset, `has ${count} items`, `use at most ${plan.maxItems}`);
    return node.items.map((item, index) => {
      this.#path.push(index);
      const value = this.read(plan.item, item);
      this.#path.pop();
      return value;
    });
  }

  #expand(node: YamlScalar): ExpandedScalar | undefined {
    const { env } = this.#context;
    if (env === null || !node.text.includes('${')) return node;
    const expansion = expandVariables(node.text, env);
    if (expansion.kind === 'expanded') return { offset: node.offset, text: expansion.text, isPlain: true };
    let offset = node.offset - 1;
    for (let ordinal = 0; ordinal <= expansion.ordinal; ordinal += 1)
      offset = this.#context.text.indexOf('${', offset + 1);
    // Escapes in quoted text can hide the characters from this search: then the value's start must do.
    return this.#problem(offset === -1 ? node.offset : offset, expansion.message, expansion.remedy);
  }

  #isNothing(node: YamlScalar): boolean {
    return node.isPlain && resolveCoreScalar(node.text).kind === 'null';
  }

  #readText(plan: TextPlan, node: YamlNode): string | undefined {
    if (node.kind !== 'Scalar') return this.#wrongType('text', node);
    if (this.#isNothing(node)) {
      const remedy =
        node.text === '' ? 'write a value, or remove the key' : `quote it if the text "${node.text}" is meant`;
      return this.#problem(node.offset, 'expected text, found nothing', remedy);
    }
    const scalar = this.#expand(node);
    if (scalar === undefined) return undefined;
    const { text } = scalar;
    if (text === '') return plan.mayBeEmpty ? text : this.#problem(node.offset, 'is empty', 'write a value');
    const length = text.length > plan.maxLength ? codePointCount(text) : 0;
    if (length > plan.maxLength) {
      return this.#problem(node.offset, `has ${length} characters`, `use at most ${plan.maxLength}`);
    }
    const checked = plan.check(text);
    if (checked.kind === 'valid') return text;
    return this.#problem(
      node.offset,
      plan.isSecret ? `the value ${checked.message}` : `${showText(text)} ${checked.message}`,
      checked.remedy,
    );
  }

  #readEnum(plan: EnumPlan, node: YamlNode): string | undefined {
    const allowed = `one of ${plan.values.join(', ')}`;
    if (node.kind !== 'Scalar' || this.#isNothing(node)) return this.#wrongType(allowed, node);
    const text = this.#expand(node)?.text;
    if (text === undefined || plan.values.includes(text)) return text;
    const later = Object.hasOwn(plan.later, text) ? plan.later[text] : undefined;
    if (later !== undefined)
      return this.#problem(node.offset, `${showText(text)} is not supported yet: ${later}`, `use ${allowed}`);
    const nearest = nearestName(text, plan.values);
    const remedy = nearest === null ? `use ${allowed}` : `did you mean ${nearest}? allowed: ${plan.values.join(', ')}`;
    return this.#problem(node.offset, `unknown value ${showText(text)}`, remedy);
  }

  #readInteger(plan: IntegerPlan, node: YamlNode): number | undefined {
    const range = `a whole number from ${plan.minimum} to ${plan.maximum}`;
    if (node.kind !== 'Scalar') return this.#wrongType(range, node);
    const scalar = this.#expand(node);
    if (scalar === undefined) return undefined;
    const core = resolveCoreScalar(scalar.text);
    if (!scalar.isPlain || core.kind !== 'number') return this.#wrongScalar(range, scalar, core.kind === 'number');
    if (core.isExactInteger && core.value >= plan.minimum && core.value <= plan.maximum) return core.value;
    return this.#problem(node.offset, `expected ${range}, found ${showNumber(scalar.text)}`, `use ${range}`);
  }

  #readBoolean(node: YamlNode): boolean | undefined {
    if (node.kind !== 'Scalar') return this.#wrongType('true or false', node);
    const scalar = this.#expand(node);
    if (scalar === undefined) return undefined;
    const core = resolveCoreScalar(scalar.text);
    if (scalar.isPlain && core.kind === 'boolean') return core.value;
    const meant = Object.hasOwn(falseFriends, scalar.text.toLowerCase())
      ? falseFriends[scalar.text.toLowerCase()]
      : undefined;
    if (meant === undefined) return this.#wrongScalar('true or false', scalar, core.kind === 'boolean');
    return this.#problem(node.offset, `expected true or false, found ${showText(scalar.text)}`, `write ${meant}`);
  }

  #wrongScalar(expected: string, scalar: ExpandedScalar, isOnlyQuoted: boolean): undefined {
    const found = describeNode({ kind: 'Scalar', ...scalar });
    const message = `expected ${expected}, found ${found}`;
    if (found === 'nothing') return this.#problem(scalar.offset, message, 'write a value, or remove the key');
    return this.#problem(scalar.offset, message, isOnlyQuoted ? 'remove the quotes' : `write ${expected}`);
  }
}

function pathStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  return isFirst ? step : `.${step}`;
}

/** Characters as JSON Schema counts them. */
function codePointCount(text: string): number {
  return Array.from(text).length;
}

function showNumber(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function lowerFirst(sentence: string): string {
  const text = sentence.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
