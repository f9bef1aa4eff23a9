/** Ids that nobody can guess and that say nothing: of credentials, rules and API keys. */
import { randomBytes } from 'node:crypto';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const length = 16;
/** Bytes from here on would make the first digits likelier. */
const unbiasedBelow = 256 - (256 % digits.length);

/** 16 letters and digits, 95 bits. */
export function createRandomId(): string {
  let id = '';
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < unbiasedBelow && id.length < length) id += digits.charAt(byte % digits.length);
    }
  }
  return id;
}
