/** docs/command-line.md says of every command and option what `sluice help` knows of it, and of no other. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { usageText } from '../../src/cli/parse-arguments.ts';
import { stateForms, stateNouns } from '../../src/cli/state/parse-state-arguments.ts';

const page = await readFile(new URL('../../../../docs/command-line.md', import.meta.url), 'utf8');

/** The text below each heading ``### `sluice …` ``. */
const sections = new Map(
  page.split(/^### `sluice /mu).map((part) => {
    const end = part.indexOf('`\n');
    return [part.slice(0, end), part.slice(end + 2).split(/^## /mu, 1)[0] ?? ''] as const;
  }),
);
const own = usageText.slice(0, usageText.indexOf('commands at the state service'));
/** A command begins its line with two spaces. */
const ownCommands = [...own.matchAll(/^ {2}([a-z-]+)/gmu)].map((match) => match[1] ?? '');
const stateCommands = stateNouns.flatMap((noun) =>
  stateForms[noun].map(({ verb, operand, options }) => ({
    heading: [noun, verb, operand ?? ''].join(' ').trim(),
    options: Object.keys(options),
  })),
);

describe('docs/command-line.md', () => {
  it('has a section for each command of the usage text and for no other', () => {
    const known = [...ownCommands, ...stateCommands.map(({ heading }) => heading)];
    assert.deepEqual(new Set([...sections.keys()].slice(1)), new Set(known));
  });

  for (const command of ownCommands) {
    it(`names every option of sluice ${command}`, () => {
      const usage = own.split(/^ {2}(?=[a-z])/mu).find((part) => part.startsWith(command)) ?? '';
      for (const [option] of usage.matchAll(/--[a-z-]+/gu)) {
        assert.ok(sections.get(command)?.includes(option), `${command} ${option}`);
      }
    });
  }

  for (const { heading, options } of stateCommands) {
    it(`names every option of sluice ${heading}`, () => {
      for (const option of options) assert.ok(sections.get(heading)?.includes(`--${option}`), `--${option}`);
    });
  }

  it('names the options that every command of the state service takes', () => {
    for (const option of ['--state', '--key-file', '--json', 'SLUICE_STATE_URL', 'SLUICE_STATE_KEY']) {
      assert.ok(page.includes(`\`${option}`), option);
    }
  });
});
