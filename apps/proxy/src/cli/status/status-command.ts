/** `sluice status`: asks a proxy's admin listener how it is and shows it to a person, or as JSON to a program. */
import type { Output } from '../check-command.ts';
import { boundedBody } from '../state/bounded-body.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { formatStatus, isStatusAnswers } from './format-status.ts';

export interface StatusOptions {
  /** The admin listener, e.g. `http://127.0.0.1:9900`. */
  readonly admin: string;
  readonly isJson: boolean;
}

const answerMs = 5_000;

/** 0: ready; 1: it is not, or does not answer. */
export async function statusCommand({ admin, isJson }: StatusOptions, output: Output): Promise<ExitCode> {
  try {
    const [ready, status, control] = await Promise.all(
      ['/readyz', '/v1/status', '/v1/control'].map((path) => ask(new URL(path, admin))),
    );
    const answers = { ready, status, control };
    if (!isStatusAnswers(answers))
      throw new Error(`${admin} is not the admin listener of a sluice proxy of this version`);
    output.out(isJson ? `${JSON.stringify(answers, null, 2)}\n` : formatStatus(answers));
    return answers.ready.ready ? exitCode.ok : exitCode.runtime;
  } catch (error) {
    output.err(`sluice: cannot ask ${admin}: ${reasonOf(error)} (name the admin listener with --admin URL)\n`);
    return exitCode.runtime;
  }
}

async function ask(url: URL): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerMs), redirect: 'error' });
  return JSON.parse(await boundedBody(response));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
