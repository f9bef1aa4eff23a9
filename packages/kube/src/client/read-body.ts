/** A whole answer as text, never more than the bound. */
import { KubeTransportError } from '../port/kube-error.ts';

/** Rejects with `BodyTooLarge`; who owns `body` destroys it then. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number, what: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > maxBytes) {
      throw new KubeTransportError(`${what}: the answer is larger than ${maxBytes} bytes`, 'BodyTooLarge');
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
