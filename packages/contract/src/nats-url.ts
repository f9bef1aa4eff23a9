/** Where a NATS server is: `nats://host:4222`, or `tls://host` where there is no connection without TLS. */
import { invalidText, type TextResult, validText } from './text-result.ts';

export const natsUrlPattern = '^(nats|tls)://[A-Za-z0-9._:\\[\\]-]+$';
const shape = new RegExp(natsUrlPattern);
const remedy = 'write nats://host:4222 or tls://host:4222';

/** The text itself when it is one. A user or password in it is refused: it would be shown in logs. */
export function parseNatsUrl(text: string): TextResult<string> {
  if (text.includes('@')) return invalidText('has a user in it', 'name credentialsFile or nkeySeedFile instead');
  if (!shape.test(text)) return invalidText('is not the URL of a NATS server', remedy);
  const url = URL.parse(text.replace(/^[a-z]+:/, 'nats:'));
  if (url === null || url.hostname === '' || url.port === '0') return invalidText('has no host and port', remedy);
  return validText(text);
}
