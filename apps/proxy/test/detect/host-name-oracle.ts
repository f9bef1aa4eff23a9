/** The rules of a host name written down a second time, as text and patterns, to judge the byte-wise parser by. */

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const number = /^(?:[0-9]+|0x[0-9a-f]*)$/;

export function expectedHostName(text: string): string | null {
  const name = text.replace(/\.$/, '').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((text) => label.test(text))) return null;
  return number.test(labels.at(-1) ?? '') ? null : name;
}
