/** The key that proxies sign acknowledgements with, from the file that the command line of a publisher names. */
import { readSettingsFile } from '@sluice/runtime/command/read-settings-file.ts';
import { SettingsError } from '@sluice/runtime/command/settings-error.ts';

const minAckKeyBytes = 16;

/** null: acknowledgements are not signed. Rejects with SettingsError. */
export async function readAckKeyFile(path: string | null): Promise<Uint8Array | null> {
  if (path === null) return null;
  const text = (await readSettingsFile(path, 'the acknowledgement key')).toString('utf8').trim();
  if (text.length < minAckKeyBytes) throw new SettingsError(`${path} holds less than ${minAckKeyBytes} characters`);
  return Buffer.from(text);
}
