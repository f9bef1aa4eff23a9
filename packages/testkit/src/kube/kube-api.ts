/**
 * A real Kubernetes API server as tests use it: namespaces of their own, users, CRDs, kubectl and Helm. It neither starts nor ends
 * the server, so that a shared one looks like an own one. What a test creates in its namespace goes with the namespace.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '../cleanup-scope.ts';
import { type CommandResult, runCommand } from '../run-command.ts';
import { systemPath } from '../system-path.ts';
import { type KubePrograms, kubeProgram } from './find-kube-programs.ts';
import { installCrds } from './install-crds.ts';
import { KubeClient } from './kube-client.ts';

export interface KubeCommandOptions {
  /** As whom; else the administrator. */
  readonly kubeconfigPath?: string;
  readonly input?: string;
  /** 60 s. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** A line of the API server's audit log, as far as tests read it. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

export interface KubeUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

const issueUserScript = fileURLToPath(new URL('../../../../tools/kube/issue-user.sh', import.meta.url));
const commandTimeoutMs = 60_000;
const tokenSeconds = 3_600;
const longestSlug = 30;

/** A name that no other test has: `my-test-3f2a9c1d`. */
function uniqueName(prefix: string): string {
  return `${prefix.slice(0, longestSlug)}-${randomUUID().slice(0, 8)}`;
}

export class KubeApi {
  readonly #programs: KubePrograms;
  readonly stateDirectory: string;
  /** `https://127.0.0.1:20001` */
  readonly server: string;
  /** Requests as the administrator. */
  readonly client: KubeClient;

  constructor(programs: KubePrograms, stateDirectory: string) {
    this.#programs = programs;
    this.stateDirectory = stateDirectory;
    this.server = readFileSync(join(stateDirectory, 'server-url'), 'utf8').trim();
    this.client = new KubeClient({
      server: this.server,
      ca: readFileSync(this.caPath),
      certificate: readFileSync(join(stateDirectory, 'admin.crt')),
      key: readFileSync(join(stateDirectory, 'admin.key')),
    });
  }

  /** The administrator's. */
  get kubeconfigPath(): string {
    return join(this.stateDirectory, 'admin.kubeconfig');
  }

  get caPath(): string {
    return join(this.stateDirectory, 'ca.crt');
  }

  /** Which programs these are, in one line. */
  get lane(): string {
    return this.#programs.lane;
  }

  /** Makes a namespace that only this test uses and returns its name; its deletion takes seconds and is not waited for. */
  async createNamespace(scope: CleanupScope, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = uniqueName('test');
    await this.client.call('/api/v1/namespaces', { method: 'POST', body: { metadata: { name, labels } } });
    scope.after(async () => {
      await this.client.send(`/api/v1/namespaces/${name}`, { method: 'DELETE' }).catch(() => {}); // the server may be gone
    });
    return name;
  }

  /** Applies the CRDs of a file or folder and resolves when all that they define is served. Any number may do so at once. */
  async installCrds(path: string): Promise<void> {
    await installCrds(this, path);
  }

  /** The kubeconfig of a user with a certificate: nobody may do anything until a test says so. */
  async createUserKubeconfig({ name, groups = [] }: KubeUser): Promise<string> {
    const subject = `${groups.map((group) => `/O=${group}`).join('')}/CN=${name}`;
    const file = uniqueName('user');
    const result = await runCommand(issueUserScript, [this.stateDirectory, file, subject]);
    if (result.code !== 0) throw new Error(`no certificate for ${name}: ${result.stderr}`);
    return result.stdout.trim();
  }

  /** A token of a ServiceAccount that exists. */
  async createToken(namespace: string, serviceAccount: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: tokenSeconds },
    };
    const answer = await this.client.call(path, { method: 'POST', body });
    return (answer['status'] as { readonly token: string }).token;
  }

  /** The kubeconfig of a ServiceAccount that exists, with a token. */
  async createTokenKubeconfig(namespace: string, serviceAccount: string): Promise<string> {
    const token = await this.createToken(namespace, serviceAccount);
    const path = join(this.stateDirectory, `${uniqueName(serviceAccount)}.kubeconfig`);
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: this.server, 'certificate-authority': this.caPath } }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    };
    await writeFile(path, JSON.stringify(kubeconfig), { mode: 0o600 });
    return path;
  }

  async kubectl(args: readonly string[], options: KubeCommandOptions = {}): Promise<CommandResult> {
    return await this.#run('kubectl', args, options);
  }

  /** Helm of a major version, with no repositories and a cache of the server's own. */
  async helm(version: 3 | 4, args: readonly string[], options: KubeCommandOptions = {}): Promise<CommandResult> {
    return await this.#run(`helm-${version}`, args, options);
  }

  /** Every request that fits, oldest first. The log of a shared server holds those of all tests: ask by user or namespace. */
  async auditLog(predicate: (event: AuditEvent) => boolean): Promise<readonly AuditEvent[]> {
    const found: AuditEvent[] = [];
    const input = createReadStream(join(this.stateDirectory, 'audit.log'), 'utf8');
    for await (const line of createInterface({ input })) {
      const event = readAuditEvent(line);
      if (event !== null && predicate(event)) found.push(event);
    }
    return found;
  }

  async #run(program: string, args: readonly string[], options: KubeCommandOptions): Promise<CommandResult> {
    return await runCommand(kubeProgram(this.#programs, program), args, {
      env: {
        PATH: `${this.#programs.directory}:${systemPath}`,
        HOME: this.stateDirectory,
        KUBECONFIG: options.kubeconfigPath ?? this.kubeconfigPath,
      },
      timeoutMs: options.timeoutMs ?? commandTimeoutMs,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  }
}

/** The server may be in the middle of the last line. */
function readAuditEvent(line: string): AuditEvent | null {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return null;
  }
}
