/** The rules between the fields of one user, reported where they are broken. */
import { findUserBreaches } from '@sluice/contract/user-rules.ts';
import type { ConfigReport } from './config-report.ts';
import type { ReadableConfig } from './readable-config.ts';
import { showText } from './show-text.ts';
import type { ConfigPath } from './source-locator.ts';

export type ReadableUser = NonNullable<NonNullable<ReadableConfig['users']>[number]>;

/** `path` is where the user stands: of a list, or empty for a resource of its own. */
export function checkUser(user: ReadableUser, path: ConfigPath, report: Pick<ConfigReport, 'reportAt'>): void {
  const whole = user.name === undefined ? placeText(path) : `user ${showText(user.name)}`;
  for (const { path: within, message, remedy } of findUserBreaches(user)) {
    const subject = within.length === 0 ? whole : placeText([...path, ...within]);
    report.reportAt([...path, ...within], `${subject} ${message}`, remedy);
  }
}

function placeText(path: ConfigPath): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return text === '' ? 'the user' : text.replace(/^\./, '');
}
