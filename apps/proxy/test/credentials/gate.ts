/** Holds asynchronous work until the test lets it go on. */
export class Gate {
  readonly #settle = Promise.withResolvers<undefined>();

  get opened(): Promise<undefined> {
    return this.#settle.promise;
  }

  open(): void {
    this.#settle.resolve(undefined);
  }
}
