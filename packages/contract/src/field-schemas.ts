/** The schemas that several resources share, each a function of what only its place knows: the sentence that describes it. */
import { type TString, Type } from 'typebox';
import { durationPattern } from './duration.ts';
import type { TextFormat } from './text-format.ts';

const labelPattern = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';

/** A host name but for its whole length and a number at its end. */
export const hostNamePattern = `(${labelPattern}\\.)*${labelPattern}\\.?`;

/** A port but 0, in plain digits. */
export const portPattern = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

interface TextBounds {
  readonly format: TextFormat;
  readonly maxLength: number;
  readonly pattern?: string;
}

/** One line of text, never empty, judged by its format. */
export function textSchema(description: string, bounds: TextBounds): TString {
  return Type.String({ ...bounds, minLength: 1, description });
}

/** The text, or an empty one. */
export function mayBeEmpty(schema: TString): TString {
  const { pattern = '', ...rest } = schema as TString & { readonly pattern?: string };
  return Type.String({ ...rest, minLength: 0, pattern: `^$|${pattern}` });
}

/** A resource's name: what logs, metrics and other resources call it. */
export function nameSchema(description: string): TString {
  return textSchema(description, {
    format: 'resource-name',
    maxLength: 253,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
  });
}

/** A GEP-2257 duration that is longer than `0s`. */
export function durationSchema(description: string): TString {
  return textSchema(description, { format: 'positive-duration', maxLength: 28, pattern: durationPattern });
}

/** A GEP-2257 duration where `0s` means no limit. */
export function durationOrNoneSchema(description: string): TString {
  return textSchema(description, { format: 'duration-or-none', maxLength: 28, pattern: durationPattern });
}

/** A network in CIDR notation. */
export function cidrSchema(description: string): TString {
  return textSchema(description, { format: 'cidr', maxLength: 49, pattern: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$' });
}

/** A host name, or `*.` before one. */
export function hostPatternSchema(description: string): TString {
  return textSchema(description, {
    format: 'host-pattern',
    maxLength: 256,
    pattern: `^(\\*\\.)?${hostNamePattern}$`,
  });
}

/** An IP address and a port to bind. */
export function bindAddressSchema(description: string): TString {
  return textSchema(description, {
    format: 'bind-address',
    maxLength: 64,
    pattern: `^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):(0|${portPattern})$`,
  });
}

/** The name of a zone, as the label topology.kubernetes.io/zone has it. */
export function zoneSchema(description: string): TString {
  return textSchema(description, {
    format: 'zone-name',
    maxLength: 63,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
  });
}

/** The name of an object of Kubernetes that is one label: a Service, a namespace, a port. */
export function dnsLabelSchema(description: string): TString {
  return textSchema(description, {
    format: 'dns-label',
    maxLength: 63,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  });
}

/** The name of an object of Kubernetes. */
export function dnsSubdomainSchema(description: string): TString {
  return textSchema(description, {
    format: 'dns-subdomain',
    maxLength: 253,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  });
}
