/**
 * The answer of everything here that reads a text of the configuration: the value, or what is wrong with the text and
 * what to write instead. The message never repeats the text: whoever reports it knows whether the text may be shown.
 */
export type TextResult<Value> =
  | { readonly kind: 'valid'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly message: string; readonly remedy: string };

/** A readable text and what it means. */
export function validText<Value>(value: Value): TextResult<Value> {
  return { kind: 'valid', value };
}

/** An unreadable text: `message` continues "the text …", `remedy` is an instruction. */
export function invalidText(message: string, remedy: string): TextResult<never> {
  return { kind: 'invalid', message, remedy };
}
