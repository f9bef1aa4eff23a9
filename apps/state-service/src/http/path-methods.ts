/** Which methods each address of the service supports, for the answer to one it does not (RFC 9110 section 15.5.6). Pure. */

export class PathMethods {
  readonly #routes: { readonly segments: readonly string[]; readonly methods: Set<string> }[] = [];
  readonly #byUrl = new Map<string, Set<string>>();

  /** A route as the router knows it: `/v1/users/:name`. */
  add(url: string, methods: readonly string[]): void {
    let known = this.#byUrl.get(url);
    if (known === undefined) {
      known = new Set();
      this.#byUrl.set(url, known);
      this.#routes.push({ segments: url.split('/'), methods: known });
    }
    for (const method of methods) known.add(method);
  }

  /** Of the address that a path names; empty when there is none. */
  of(path: string): readonly string[] {
    const given = path.split('/');
    const methods = this.#routes
      .filter(({ segments }) => segments.length === given.length && segments.every((part, at) => fits(part, given[at])))
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].toSorted();
  }
}

function fits(part: string, given: string | undefined): boolean {
  return part.startsWith(':') ? given !== '' : part === given;
}
