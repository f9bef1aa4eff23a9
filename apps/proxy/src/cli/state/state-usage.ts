/** The part of the usage text about the commands of the state service, made of their forms. Pure. */
import { stateForms, type StateNoun, stateNouns } from './parse-state-arguments.ts';

const width = 118;
const indentation = ' '.repeat(27);

/** `user add NAME [--group GROUP]…` */
export function synopsisLines(
  nouns: readonly StateNoun[],
): readonly { readonly synopsis: string; readonly about: string }[] {
  return nouns.flatMap((noun) =>
    stateForms[noun].map(({ verb, operand, synopsis, about }) => ({
      synopsis: [noun, verb, operand ?? '', synopsis].filter((part) => part !== '').join(' '),
      about,
    })),
  );
}

/** Of every command, or of those of one noun. */
export function stateUsageText(noun?: StateNoun): string {
  const commands = synopsisLines(noun === undefined ? stateNouns : [noun]).map(
    ({ synopsis, about }) => `${wrap(synopsis, '  ', '      ')}${wrap(about, indentation, indentation)}`,
  );
  const heading = noun === undefined ? 'commands at the state service' : 'usage: sluice COMMAND, at the state service';
  return `${heading}: --state URL (SLUICE_STATE_URL), --key-file FILE (SLUICE_STATE_KEY);
--json prints one JSON object a line; TIME is as 2027-01-31T12:00:00Z

${commands.join('')}`;
}

/** Breaks between words, but never inside of brackets that fit on a line of their own. */
function wrap(text: string, first: string, others: string): string {
  const lines: string[] = [];
  let line = first;
  for (const word of text.match(/\[[^\]]*\]…?|\([^)]*\)|\S+/gu) ?? []) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = others;
    }
    line = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}
