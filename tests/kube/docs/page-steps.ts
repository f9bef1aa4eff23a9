/**
 * What a page tells its reader to run, and what it says will be answered. A block of `sh` is one step; a block of `text` right
 * behind it is all that the step prints. Pure.
 */

export interface PageStep {
  /** Of the block's first line. */
  readonly line: number;
  readonly script: string;
  /** null: the page does not say. */
  readonly answer: string | null;
}

const fence = /^```(?<language>[a-z]*)$/;

/** Every step in order; throws for a block without an end. */
export function readPageSteps(page: string): readonly PageStep[] {
  const steps: PageStep[] = [];
  const lines = page.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const language = fence.exec(lines[index] ?? '')?.groups?.['language'];
    if (language === undefined) continue;
    const end = lines.indexOf('```', index + 1);
    if (end === -1) throw new Error(`line ${index + 1}: the block has no end`);
    const text = lines.slice(index + 1, end).join('\n');
    const last = steps.at(-1);
    if (language === 'sh') steps.push({ line: index + 2, script: text, answer: null });
    if (language === 'text' && last !== undefined) steps[steps.length - 1] = { ...last, answer: text };
    index = end;
  }
  return steps;
}

const age = /^(?:\d+[smhd])+$/;
const address = /^\d+\.\d+\.\d+\.\d+(?::\d+)?$/;

/** Columns may be wider, ages and addresses are of the day: everything else is a promise. */
function normalise(text: string): string {
  const wordsOf = (line: string): readonly string[] => line.trim().split(/\s+/);
  const same = (word: string): string => word.replace(age, '<age>').replace(address, '<address>');
  return text
    .trim()
    .split('\n')
    .map((line) => wordsOf(line).map(same).join(' '))
    .join('\n');
}

/** Whether a command printed what the page says. */
export function isAsPromised(answer: string, printed: string): boolean {
  return normalise(answer) === normalise(printed);
}
