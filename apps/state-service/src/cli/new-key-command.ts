/** `sluice-state new-key`: a key for --bootstrap-key-file. It is worth something once a service has been started with it. */
import { randomBytes } from 'node:crypto';
import { encodeSecret, formatKey } from '@sluice/runtime/api-key-text.ts';
import { createRandomId } from '../repositories/random-id.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';

export function newKeyCommand(out: (text: string) => void): ExitCode {
  out(`${formatKey({ id: createRandomId(), secret: encodeSecret(randomBytes(32)) })}\n`);
  return exitCode.ok;
}
