/**
 * A client of the REST interface that holds every answer to the OpenAPI document: an answer whose status, media type or body the
 * document does not have fails the test that asked for it.
 */
import assert from 'node:assert/strict';
import { Compile } from 'typebox/schema';
import type { AnyBody } from './any-body.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; an empty object for another media type or no body. */
  readonly body: AnyBody;
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the client's; null: none. */
  readonly key?: string | null;
}

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Described>>;
}
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

const jsonTypes: ReadonlySet<string> = new Set(['application/json', 'application/problem+json']);

export class ApiClient {
  readonly url: string;
  readonly key: string;
  readonly document: ApiDocument;
  /** `GET /v1/users 200`: every answer of an address in the document so far. */
  readonly seen = new Set<string>();
  readonly #checks = new Map<object, (body: unknown) => boolean>();

  constructor(url: string, key: string, document: ApiDocument) {
    this.url = url;
    this.key = key;
    this.document = document;
  }

  static async connect(url: string, key: string): Promise<ApiClient> {
    const response = await fetch(`${url}/openapi.json`);
    return new ApiClient(url, key, (await response.json()) as ApiDocument);
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, this.#requestOf(method, options));
    const text = await response.text();
    const type = response.headers.get('content-type')?.split(';', 1)[0] ?? '';
    const json: unknown = jsonTypes.has(type) && text !== '' ? JSON.parse(text) : undefined;
    this.#judge(`${method} ${path.split('?', 1)[0]}`, { status: response.status, type, json, text });
    return { status: response.status, headers: response.headers, text, body: (json ?? {}) as AnyBody };
  }

  /** Asks and expects this status. */
  async expect(status: number, method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const answer = await this.ask(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 500)}`);
    return answer;
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.expect(201, 'POST', path, { body, headers });
  }

  withKey(key: string): ApiClient {
    return new ApiClient(this.url, key, this.document);
  }

  #requestOf(method: string, { body, headers, key = this.key }: AskOptions): RequestInit {
    const all = new Headers(headers);
    if (key !== null) all.set('authorization', `Bearer ${key}`);
    if (body === undefined) return { method, headers: all };
    if (typeof body === 'string' || body instanceof Uint8Array) {
      return { method, headers: all, body: Buffer.from(body) };
    }
    if (!all.has('content-type')) all.set('content-type', 'application/json');
    return { method, headers: all, body: JSON.stringify(body) };
  }

  #judge(
    what: string,
    { status, type, json, text }: { status: number; type: string; json: unknown; text: string },
  ): void {
    const [method = '', path = ''] = what.split(' ');
    const template = Object.keys(this.document.paths).find((known) => fits(known, path));
    const operation = this.document.paths[template ?? '']?.[method.toLowerCase()];
    if (operation === undefined) {
      assert.ok(
        method === 'HEAD' || [404, 405].includes(status),
        `${what} answered ${status} and is not in the document`,
      );
      return;
    }
    const described = operation.responses[String(status)];
    assert.ok(described, `${what} answered ${status}, which the document does not have: ${text.slice(0, 300)}`);
    this.seen.add(`${method} ${template} ${status}`);
    if (described.content === undefined) {
      assert.equal(text, '', `${what} ${status} has a body, which the document does not have`);
      return;
    }
    const schema = described.content[type]?.schema;
    assert.ok(schema, `${what} ${status} is ${type}, which the document does not have`);
    if (json !== undefined)
      assert.ok(this.#checkOf(schema)(json), `${what} ${status} does not fit the document: ${text}`);
  }

  #checkOf(schema: object): (body: unknown) => boolean {
    let check = this.#checks.get(schema);
    if (check === undefined) {
      const validator = Compile({ ...schema, components: this.document.components });
      check = (body) => validator.Check(body);
      this.#checks.set(schema, check);
    }
    return check;
  }
}

function fits(template: string, path: string): boolean {
  const given = path.split('/');
  const parts = template.split('/');
  return parts.length === given.length && parts.every((part, at) => part.startsWith('{') || part === given[at]);
}
