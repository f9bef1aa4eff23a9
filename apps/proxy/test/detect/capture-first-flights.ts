/**
 * Records the corpus of real first flights anew: runs each client of first-flight-clients.ts against a recorder on loopback
 * and writes corpus/NAME.bin and corpus/manifest.json. Run it by hand, all of it or only names that contain a text:
 *
 *     node apps/proxy/test/detect/capture-first-flights.ts [TEXT]
 *
 * A client that is not installed keeps its old file and is named. Debian packages: chromium gnutls-bin nghttp2-client ncat
 * wget curl openssl openssh-client default-jdk postgresql-client; Go, Rust, Python with curl_cffi from PyPI.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFlightRecorder, type FlightRecorder } from './flight-recorder.ts';
import { firstFlightClients, type Expected, type FirstFlightClient } from './first-flight-clients.ts';

interface ManifestEntry extends Expected {
  readonly file: string;
  /** Program, version and command line. */
  readonly origin: string;
}

const corpus = join(import.meta.dirname, 'corpus');
const manifestPath = join(corpus, 'manifest.json');
const clientTimeoutMs = 30_000;
const maxVersionLength = 80;
const maxCommandLength = 300;

async function main(filter: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'first-flights-'));
  const entries = new Map(readManifest().map((entry) => [entry.file, entry]));
  const recorder = await createFlightRecorder();
  const server = await startTlsServer(directory);
  for (const client of firstFlightClients.filter((client) => client.name.includes(filter))) {
    recorder.relayTo(client.answered === undefined ? null : server.port);
    const flight = await capture(client, recorder, directory);
    process.stdout.write(`${client.name}: ${flight === null ? 'NOT CAPTURED' : `${flight.length} bytes`}\n`);
    if (flight === null) continue;
    const file = `${client.name}.bin`;
    writeFileSync(join(corpus, file), flight);
    entries.set(file, { file, ...client.expected, origin: originOf(client) });
  }
  const sorted = [...entries.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  writeFileSync(manifestPath, `${JSON.stringify(sorted, null, 2)}\n`);
  server.process.kill();
  await recorder.close();
  rmSync(directory, { recursive: true, force: true });
}

async function capture(client: FirstFlightClient, recorder: FlightRecorder, directory: string): Promise<Buffer | null> {
  let connection = 0;
  const wanted = recorder.next((flight) => {
    if (!mayBe(client.expected, flight)) return false;
    connection++;
    return connection === (client.answered?.connection ?? 1);
  });
  const substitute = (word: string): string =>
    word.replaceAll('PORT', String(recorder.port)).replaceAll('DIR', directory);
  const commands = client.steps.map((step) => step.map(substitute));
  for (const command of commands.slice(0, -1)) await run(command, AbortSignal.timeout(clientTimeoutMs));
  const abort = new AbortController();
  const last = run(commands.at(-1) ?? [], AbortSignal.any([abort.signal, AbortSignal.timeout(clientTimeoutMs)]));
  // A client may be gone before its flight has been quiet for long enough: its end alone says nothing.
  const flight = await Promise.race([wanted, once(AbortSignal.timeout(clientTimeoutMs), 'abort').then(() => null)]);
  abort.abort();
  await last;
  return flight;
}

/** Browsers open connections of their own accord; only one that could be the wanted one counts. */
function mayBe(expected: Expected, flight: Buffer): boolean {
  if (expected.protocol !== 'TLS') return flight[0] !== 22;
  return flight[0] === 22 && (expected.sni === null || flight.toString('latin1').toLowerCase().includes(expected.sni));
}

/** Standard input stays open: several clients end at its end. The whole process group is ended: browsers have children. */
async function run(command: readonly string[], signal: AbortSignal): Promise<void> {
  const [program = '', ...options] = command;
  const child = spawn(program, options, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const ended = once(child, 'close').catch(() => undefined);
  child.stdin.on('error', () => undefined);
  signal.addEventListener('abort', () => endGroup(child));
  await ended;
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

interface TlsServer {
  readonly port: number;
  readonly process: ChildProcess;
}

/** OpenSSL's own, for it alone takes early data. Also leaves in `directory` the files that clients are told to send. */
async function startTlsServer(directory: string): Promise<TlsServer> {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  const subject = ['-subj', '/CN=www.example.com', '-days', '2'];
  spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ]);
  writeFileSync(join(directory, 'early-data.txt'), 'GET /early HTTP/1.1\r\nHost: www.example.com\r\n\r\n');
  const options = ['-accept', '127.0.0.1:0', '-key', key, '-cert', certificate, '-early_data'];
  const child = spawn('openssl', ['s_server', ...options], { stdio: ['pipe', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const address = /ACCEPT [^\n]*:(\d+)\n/.exec(output);
      if (address !== null) resolve(Number(address[1]));
    });
  });
  return { port, process: child };
}

function originOf(client: FirstFlightClient): string {
  const [program = '', ...options] = client.version;
  const version = spawnSync(program, options).stdout.toString().split('\n', 1)[0] ?? '';
  const readable = (word: string): string =>
    word
      .replaceAll(import.meta.dirname, '.')
      .replace(process.execPath, 'node')
      .replace('/usr/bin/node', 'node');
  const commands = client.steps.map((step) => step.map(readable).join(' '));
  return `${version.slice(0, maxVersionLength)}: ${commands.join(' && ').slice(0, maxCommandLength)}`;
}

function readManifest(): readonly ManifestEntry[] {
  return existsSync(manifestPath) ? (JSON.parse(readFileSync(manifestPath, 'utf8')) as ManifestEntry[]) : [];
}

await main(process.argv[2] ?? '');
