/**
 * The state service's REST interface as a test uses it: one call for each thing done, and the plain answer where a test is
 * about refusals and outages. A connection of its own for each request unless told otherwise: a pool hands out one that a
 * killed server left.
 */
import { Agent, request } from 'node:http';

export interface StateAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface StateRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** The ETag that a change needs; `*`: whatever is there. */
  readonly ifMatch?: string;
  readonly timeoutMs?: number;
}

export interface UserFields {
  readonly destinations?: 'Public' | 'Rules';
  readonly groups?: readonly string[];
  readonly onRevoke?: 'Keep' | 'Disconnect';
  readonly enabled?: boolean;
}

/** The service answered, and not with what was asked for. */
class StateRefusal extends Error {
  readonly code = 'STATE_REFUSAL';
  readonly status: number;

  constructor({ method, path }: StateRequest, { status, body }: StateAnswer) {
    super(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
  }
}

const defaultTimeoutMs = 20_000;

export class StateClient {
  readonly #url: URL;
  readonly #key: string;
  readonly #agent: Agent | false;

  constructor(url: string, key: string, agent: Agent | false = false) {
    this.#url = new URL(url);
    this.#key = key;
    this.#agent = agent;
  }

  /** The same, with `connections` that are used again. Whoever asks for it ends it with `close`. */
  kept(connections: number): StateClient {
    return new StateClient(this.#url.href, this.#key, new Agent({ keepAlive: true, maxSockets: connections }));
  }

  close(): void {
    if (this.#agent !== false) this.#agent.destroy();
  }

  /** Resolves with whatever is answered; rejects when nothing is. */
  async ask(asked: StateRequest): Promise<StateAnswer> {
    const content = asked.body === undefined ? null : textOf(asked.body);
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: this.#url.hostname,
          port: this.#url.port,
          method: asked.method,
          path: asked.path,
          agent: this.#agent,
          headers: {
            authorization: `Bearer ${this.#key}`,
            ...(content === null ? {} : { 'content-type': content.type, 'content-length': content.bytes.length }),
            ...(asked.ifMatch === undefined ? {} : { 'if-match': asked.ifMatch }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('aborted', () => reject(new Error('the answer was cut')));
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) });
          });
        },
      );
      outgoing.setTimeout(asked.timeoutMs ?? defaultTimeoutMs, () => outgoing.destroy(new Error('no answer in time')));
      outgoing.on('error', reject);
      outgoing.end(content?.bytes);
    });
  }

  /** Rejects with StateRefusal unless the answer is a success. */
  async must(asked: StateRequest): Promise<StateAnswer> {
    const answer = await this.ask(asked);
    if (answer.status < 200 || answer.status > 299) throw new StateRefusal(asked, answer);
    return answer;
  }

  async createUser(name: string, fields: UserFields = {}): Promise<void> {
    await this.must({ method: 'POST', path: '/v1/users', body: { name, ...fields } });
  }

  async addCredential(name: string, verifier: string): Promise<string> {
    const path = `${userPath(name)}/credentials`;
    const { body } = await this.must({ method: 'POST', path, body: { verifier } });
    return (body as { readonly id: string }).id;
  }

  async patchUser(name: string, fields: UserFields): Promise<void> {
    await this.must({ method: 'PATCH', path: userPath(name), body: fields, ifMatch: '*' });
  }

  async deleteUser(name: string): Promise<void> {
    await this.must({ method: 'DELETE', path: userPath(name), ifMatch: '*' });
  }

  /** A group of users who may reach loopback, and nothing else. */
  async createLoopbackGroup(name: string): Promise<void> {
    await this.must({ method: 'POST', path: '/v1/groups', body: { name } });
    await this.must({ method: 'POST', path: '/v1/acl-rules', body: { group: name, cidrs: ['127.0.0.0/8'] } });
  }

  /** Lines of a bulk import; resolves with its summary. */
  async importLines(lines: readonly unknown[], timeoutMs = 120_000): Promise<Readonly<Record<string, unknown>>> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { body } = await this.must({ method: 'POST', path: '/v1/import', body: text, timeoutMs });
    const last = String(body).trimEnd().split('\n').at(-1) ?? '{}';
    return JSON.parse(last) as Readonly<Record<string, unknown>>;
  }
}

function userPath(name: string): string {
  return `/v1/users/${encodeURIComponent(name)}`;
}

/** Text is newline-delimited JSON, everything else one JSON value. */
function textOf(body: unknown): { readonly type: string; readonly bytes: Buffer } {
  return typeof body === 'string'
    ? { type: 'application/x-ndjson', bytes: Buffer.from(body) }
    : { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
