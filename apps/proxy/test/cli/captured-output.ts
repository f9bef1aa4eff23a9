/** Standard output and error of a command, kept. */
import type { Output } from '../../src/cli/check-command.ts';

export class CapturedOutput implements Output {
  outText = '';
  errText = '';

  out(text: string): void {
    this.outText += text;
  }

  err(text: string): void {
    this.errText += text;
  }
}
