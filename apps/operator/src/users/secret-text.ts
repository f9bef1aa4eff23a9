/** The password or verifier that one key of a Secret holds. Pure; no message repeats it. */
import { textFormats } from '@sluice/contract/text-format.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';

export type SecretText =
  | { readonly kind: 'Password'; readonly password: string }
  | { readonly kind: 'Verifier'; readonly verifier: string }
  | { readonly kind: 'Unusable'; readonly problem: string };

/** As many as SOCKS5 and HTTP Basic carry (RFC 1929). */
const maxPasswordBytes = 255;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controls = /[\u0000-\u001f\u007f]/u;

/** `encoded`: as `data` of a Secret has it. */
export function readSecretText(encoded: string): SecretText {
  const text = decode(encoded);
  if (text === null) return unusable('is not UTF-8');
  if (text === '') return unusable('is empty');
  const algorithm = verifierAlgorithmOf(text);
  if (algorithm !== null) {
    const parsed = textFormats[`${algorithm}-verifier`](text);
    return parsed.kind === 'valid'
      ? { kind: 'Verifier', verifier: text }
      : unusable(`begins as a verifier of ${algorithm} and ${parsed.message} (${parsed.remedy})`);
  }
  if (controls.test(text)) return unusable('has a line break or another control character in it');
  if (Buffer.byteLength(text) > maxPasswordBytes) return unusable(`is longer than ${maxPasswordBytes} bytes`);
  return { kind: 'Password', password: text };
}

/** null: not UTF-8. One line break at the end is what `echo` and editors leave there. */
function decode(encoded: string): string | null {
  try {
    return decoder.decode(Buffer.from(encoded, 'base64')).replace(/\r?\n$/, '');
  } catch {
    return null;
  }
}

function unusable(problem: string): SecretText {
  return { kind: 'Unusable', problem };
}
