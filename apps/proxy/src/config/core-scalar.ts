/**
 * What the YAML 1.2 core schema (section 10.3.2) makes of unquoted text. Only asked where a field wants a number or a
 * boolean: everywhere else the characters are the value.
 */
export type CoreScalar =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | {
      readonly kind: 'number';
      readonly value: number /** whole, and the number that was written */;
      readonly isExactInteger: boolean;
    }
  | { readonly kind: 'text' };

const octalPattern = /^0o[0-7]+$/;
const hexPattern = /^0x[0-9a-fA-F]+$/;
const decimalPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const infinityPattern = /^[-+]?\.(?:inf|Inf|INF)$/;
const nanPattern = /^\.(?:nan|NaN|NAN)$/;

function numberOf(value: number): CoreScalar {
  return { kind: 'number', value, isExactInteger: Number.isSafeInteger(value) };
}

/** The core schema's reading of an unquoted scalar. */
export function resolveCoreScalar(text: string): CoreScalar {
  switch (text) {
    case '':
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return { kind: 'null' };
    case 'true':
    case 'True':
    case 'TRUE':
      return { kind: 'boolean', value: true };
    case 'false':
    case 'False':
    case 'FALSE':
      return { kind: 'boolean', value: false };
    default:
      return resolveNumber(text);
  }
}

function resolveNumber(text: string): CoreScalar {
  if (octalPattern.test(text) || hexPattern.test(text)) return numberOf(Number(text));
  if (decimalPattern.test(text)) return decimal(text);
  if (infinityPattern.test(text)) return numberOf(text.startsWith('-') ? -Infinity : Infinity);
  return nanPattern.test(text) ? numberOf(Number.NaN) : { kind: 'text' };
}

/** A fraction too small for a double must not round to a whole number unnoticed: `1.00000000000000001` is not 1. */
function decimal(text: string): CoreScalar {
  const value = Number(text);
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const fraction = (mantissa.split('.')[1] ?? '').replace(/0+$/, '');
  const isWhole = fraction.length <= Number(exponent);
  return { kind: 'number', value, isExactInteger: isWhole && Number.isSafeInteger(value) };
}
