/** Texts of any length and kind, each once, by number, in the JavaScript heap: for the few that SharedTexts does not pack. */
export class LongTexts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: { readonly text: string; holders: number }[] = [];
  readonly #free: number[] = [];

  /** For one holder more. */
  hold(text: string): number {
    const known = this.#numbers.get(text);
    const shared = known === undefined ? undefined : this.#texts[known];
    if (known !== undefined && shared !== undefined) {
      shared.holders += 1;
      return known;
    }
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = { text, holders: 1 };
    this.#numbers.set(text, number);
    return number;
  }

  /** For one holder less. */
  release(number: number): void {
    const shared = this.#texts[number];
    if (shared === undefined) return;
    shared.holders -= 1;
    if (shared.holders > 0) return;
    this.#numbers.delete(shared.text);
    this.#free.push(number);
  }

  text(number: number): string {
    return this.#texts[number]?.text ?? '';
  }
}
