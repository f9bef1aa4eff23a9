/**
 * `make run`: a TLS, an SSH-banner and an HTTP origin, and before them Sluice on quickstart.yaml, proxy and state service in
 * one; prints the commands that try every branch, then the log. Ctrl-C ends all of it. QUICKSTART_*_PORT move the ports,
 * QUICKSTART_DATA the data.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHttpOrigin } from './origins/http-origin.ts';
import type { Origin } from './origins/origin.ts';
import { makeSelfSignedCertificate, type SelfSignedCertificate } from './origins/self-signed-certificate.ts';
import { openSshBannerOrigin } from './origins/ssh-banner-origin.ts';
import { openTlsOrigin } from './origins/tls-origin.ts';
import { quickstartText } from './quickstart-lines.ts';
import {
  portVariable,
  type QuickstartPlace,
  quickstartPlaces,
  type QuickstartPorts,
  readQuickstartPorts,
} from './quickstart-ports.ts';
import { type AllInOne, type ReadyLines, startAllInOne } from './start-all-in-one.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const root = fileURLToPath(new URL('..', import.meta.url));
// As a person would type it: relative to the folder that the printed commands are run in.
const configPath = 'examples/quickstart.yaml';
const dataVariable = 'QUICKSTART_DATA';
const adviceText = `If a port is taken: ${portVariable('EDGE')}=0 make run, or ${portVariable('STATE')}=0 make run (likewise FORWARD, PROBE, ADMIN)
If another one runs on the same data: ${dataVariable}=DIRECTORY make run
`;
/** The same as in quickstart.yaml. */
const defaultData = '.cache/quickstart';
const names = ['www.example.test', '*.shop.example.test', 'api.example.test'];

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

type OpenOrigin = (name: string, port: number) => Promise<Origin>;

/** Closed, with all it has, when `scope` ends. Resolves with the real port. */
async function openAt(
  place: QuickstartPlace,
  ports: QuickstartPorts,
  scope: AsyncDisposableStack,
  open: OpenOrigin,
): Promise<number> {
  const name = place.toLowerCase();
  try {
    const origin = await open(name, ports[place]);
    scope.defer(() => origin.close());
    return origin.port;
  } catch (error) {
    const problem = `cannot open the ${name} origin on 127.0.0.1:${ports[place]}: ${systemCode(error)}`;
    throw new Error(`${problem} (choose another port, 0 for any: ${portVariable(place)}=0 make run)`, { cause: error });
  }
}

async function makeCertificate(scope: AsyncDisposableStack): Promise<SelfSignedCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-quickstart-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  try {
    return await makeSelfSignedCertificate(directory, names);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new Error('openssl is not installed (apt-get install openssl)', { cause: error });
  }
}

function portOf(address: string | undefined): number {
  return Number(address?.slice(address.lastIndexOf(':') + 1));
}

function realPorts(origins: QuickstartPorts, { proxy, state }: ReadyLines): QuickstartPorts {
  const at = (name: string): number => portOf(proxy.listeners.find((listener) => listener.name === name)?.addresses[0]);
  const [EDGE, FORWARD, PROBE] = [at('edge'), at('forward'), at('probe')];
  return { ...origins, EDGE, FORWARD, PROBE, ADMIN: portOf(proxy.admin), STATE: portOf(state.url) };
}

function stopWhenAsked(running: AllInOne): () => boolean {
  let isAsked = false;
  const stop = (): void => {
    isAsked = true;
    running.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Nobody reads any more (`make run | head`): end too.
  process.stdout.on('error', stop);
  // Whatever ends us, nothing stays behind.
  process.on('exit', () => running.stop());
  return () => isAsked;
}

/** Resolves with the exit code when all has ended. */
async function runQuickstart(environment: Environment): Promise<number> {
  const wanted = readQuickstartPorts(await readFile(configPath, 'utf8'), environment);
  await using scope = new AsyncDisposableStack();
  const certificate = await makeCertificate(scope);
  const openTls: OpenOrigin = (name, port) => openTlsOrigin(name, port, certificate);
  const origins = {
    ...wanted,
    WEB: await openAt('WEB', wanted, scope, openTls),
    API: await openAt('API', wanted, scope, openTls),
    SHELL: await openAt('SHELL', wanted, scope, openSshBannerOrigin),
    SITE: await openAt('SITE', wanted, scope, openHttpOrigin),
  };
  const variables = quickstartPlaces.map((place) => [portVariable(place), String(origins[place])] as const);
  const dataDirectory = environment[dataVariable] ?? defaultData;
  const running = startAllInOne({
    program: join(root, 'examples/all-in-one/main.ts'),
    args: ['--config', configPath, '--data', dataDirectory, '--listen', `127.0.0.1:${wanted.STATE}`],
    env: { ...environment, [dataVariable]: dataDirectory, ...Object.fromEntries(variables) },
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  const isAsked = stopWhenAsked(running);
  const ready = await running.ready;
  if (ready === null) process.stderr.write(adviceText);
  else {
    const { pid } = ready.proxy;
    const { adminKeyFile } = ready.state;
    const ports = realPorts(origins, ready);
    const { certPath } = certificate;
    process.stdout.write(quickstartText({ ports, certPath, proxyPid: pid, adminKeyFile, dataDirectory }));
  }
  const code = await running.ended;
  return isAsked() ? code : Math.max(1, code);
}

process.chdir(root);
try {
  // oxlint-disable-next-line node/no-process-env -- the entry point of the example, the one place that reads it
  process.exitCode = await runQuickstart(process.env);
} catch (error) {
  process.stderr.write(`quickstart: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
