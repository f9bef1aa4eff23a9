/**
 * Which API server, and as whom: read from a kubeconfig file or from the pod's own ServiceAccount by client-node's
 * KubeConfig. What that leaves out is added here: `tokenFile` of a user, which it does not know, and `http://` servers
 * (`kubectl proxy`), which it refuses unless a check of certificates that do not exist is switched off.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubeConfig, loadYaml } from '@kubernetes/client-node';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { unrevealingReason } from './unrevealing-reason.ts';

export type KubeConfigSource =
  | { readonly kind: 'File'; readonly path: string; readonly context?: string }
  | { readonly kind: 'InCluster' };

export class KubeConfigError extends Error {
  readonly code = 'KUBE_CONFIG';
  override readonly name = 'KubeConfigError';
}

export interface LoadedKubeConfig {
  readonly config: KubeConfig;
  readonly server: URL;
  /** Where the bearer token is, which somebody else renews; null: it is in no file. */
  readonly tokenFile: string | null;
}

const tokenFilesCheck = Compile(
  Type.Object({
    users: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String(),
          user: Type.Optional(
            Type.Union([
              Type.Null(),
              Type.Object({ token: Type.Optional(Type.String()), tokenFile: Type.Optional(Type.String()) }),
            ]),
          ),
        }),
      ),
    ),
  }),
);

const authProviderCheck = Compile(Type.Object({ config: Type.Object({ tokenFile: Type.String() }) }));

/** Reads it anew at each call; throws KubeConfigError. */
export function loadKubeConfig(source: KubeConfigSource): LoadedKubeConfig {
  return source.kind === 'InCluster' ? loadInCluster() : loadFile(source.path, source.context);
}

function loadInCluster(): LoadedKubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster();
  // It is made of the environment, as text, whether that has it or not.
  if (config.getCurrentCluster()?.server.includes('undefined') === true) {
    throw new KubeConfigError(
      'this is no pod: KUBERNETES_SERVICE_HOST or _PORT is missing; run inside one, with a ServiceAccount, or name a kubeconfig',
    );
  }
  const user: unknown = config.getCurrentUser()?.authProvider;
  return complete(
    config,
    'the ServiceAccount of this pod',
    authProviderCheck.Check(user) ? user.config.tokenFile : null,
  );
}

function loadFile(path: string, context: string | undefined): LoadedKubeConfig {
  const config = new KubeConfig();
  try {
    const text = readFileSync(path, 'utf8');
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(path));
    if (context !== undefined) config.setCurrentContext(context);
    return complete(config, path, tokenFileOf(text, path, config.getCurrentUser()?.name));
  } catch (error) {
    if (error instanceof KubeConfigError) throw error;
    // No cause: its text may quote the file.
    throw new KubeConfigError(
      `cannot read the kubeconfig ${path}: ${unrevealingReason(error)}; name a file that kubectl can use`,
    );
  }
}

/** A token that stands in the file itself goes before a file that holds one, as in kubectl. */
function tokenFileOf(text: string, path: string, userName: string | undefined): string | null {
  const read: unknown = loadYaml(text);
  if (!tokenFilesCheck.Check(read)) return null;
  const user = read.users?.find(({ name }) => name === userName)?.user;
  if (user?.tokenFile === undefined || (user.token ?? '') !== '') return null;
  return resolve(dirname(path), user.tokenFile);
}

function complete(config: KubeConfig, from: string, tokenFile: string | null): LoadedKubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubeConfigError(`${from} names no cluster: its current-context is missing or leads nowhere; set one`);
  }
  if (cluster.proxyUrl?.startsWith('socks') === true) {
    // Not which one: there may be a password in its address.
    throw new KubeConfigError(`the proxy-url in ${from} is a SOCKS proxy, which is not supported: use an http one`);
  }
  const server = serverOf(cluster.server, from);
  if (server.protocol === 'https:') return { config, server, tokenFile };
  const plain = new KubeConfig();
  plain.loadFromOptions({
    clusters: config.getClusters().map((one) => (one === cluster ? { ...one, skipTLSVerify: true } : one)),
    users: config.getUsers(),
    contexts: config.getContexts(),
    currentContext: config.getCurrentContext(),
  });
  return { config: plain, server, tokenFile };
}

function serverOf(text: string, from: string): URL {
  try {
    const server = new URL(text);
    if (server.protocol === 'https:' || server.protocol === 'http:') return server;
  } catch {
    // Said below.
  }
  throw new KubeConfigError(
    `${from} gives no usable address of the API server (${text}): it begins with https:// or http://`,
  );
}
