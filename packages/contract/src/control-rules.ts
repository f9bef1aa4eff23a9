/** The rules between the fields of `control:` that no schema of one field holds. Works on what could be read, too. */
import type { RuleBreach } from './user-rules.ts';

export interface ReadableControl {
  readonly nats?:
    | {
        readonly credentialsFile?: string | undefined;
        readonly nkeySeedFile?: string | undefined;
        readonly tls?: { readonly certFile?: string | undefined; readonly keyFile?: string | undefined } | undefined;
      }
    | undefined;
}

/** Every rule that is broken; none for a control that may be used. */
export function findControlBreaches({ nats }: ReadableControl): readonly RuleBreach[] {
  if (nats === undefined) return [];
  const breaches: RuleBreach[] = [];
  if (Object.hasOwn(nats, 'credentialsFile') && Object.hasOwn(nats, 'nkeySeedFile')) {
    const message = 'has both credentialsFile and nkeySeedFile';
    breaches.push({ path: ['nats'], message, remedy: 'keep the one that is meant: they exclude each other' });
  }
  const { tls } = nats;
  if (tls !== undefined && Object.hasOwn(tls, 'certFile') !== Object.hasOwn(tls, 'keyFile')) {
    const message = 'has one of certFile and keyFile';
    breaches.push({ path: ['nats', 'tls'], message, remedy: 'a client certificate needs both' });
  }
  return breaches;
}
