/**
 * The content of a route to endpoints, as `buildConfig` takes it.
 */
export interface RouteToOptions {
  /** Flow content of `match`. */
  readonly match?: string;
  /** More flow content of the route, such as `halfClose: false`. */
  readonly more?: string;
  readonly balance?: string;
}

/** Writes a route named `name` to the given endpoint URLs. */
export function routeTo(name: string, urls: readonly string[], options: RouteToOptions = {}): string {
  const endpoints = urls.map((url) => `{ url: "${url}" }`).join(', ');
  const balance = options.balance === undefined ? '' : `, balance: ${options.balance}`;
  const more = options.more === undefined ? '' : `, ${options.more}`;
  return `name: ${name}, match: { ${options.match ?? ''} }, to: { endpoints: [${endpoints}]${balance} }${more}`;
}
