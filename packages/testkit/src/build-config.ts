/**
 * The text of a sluice.yaml with one listener named `edge` on 127.0.0.1, port 0, and admin on port 0. What a test is about is
 * given as YAML flow content; the frame is here.
 */
export interface ConfigParts {
  /** The content of each route, without its braces: `name: a, match: {}, action: Ban`. */
  readonly routes: readonly string[];
  /** More content of the listener, without braces: `detect: { timeout: 300ms }`. */
  readonly listener?: string;
  readonly users?: readonly string[];
  /** The listener's bind; `127.0.0.1:0` if absent. */
  readonly bind?: string;
  /** More top-level YAML. */
  readonly top?: string;
  /** The admin's bind; `127.0.0.1:0` if absent. */
  readonly adminBind?: string;
}

function list(key: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${key}:\n${items.map((item) => `  - { ${item} }\n`).join('')}`;
}

/** Assembles the text. */
export function buildConfig(parts: ConfigParts): string {
  const more = parts.listener === undefined ? '' : `, ${parts.listener}`;
  return [
    `admin: { bind: "${parts.adminBind ?? '127.0.0.1:0'}" }\n`,
    parts.top === undefined ? '' : `${parts.top}\n`,
    list('listeners', [`name: edge, bind: ["${parts.bind ?? '127.0.0.1:0'}"]${more}`]),
    list('routes', parts.routes),
    list('users', parts.users ?? []),
  ].join('');
}
