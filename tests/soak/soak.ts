/**
 * Mixed traffic against `sluice run` for a long while, reloads included: every client gets what it must get, and when the
 * traffic has stopped, descriptors, pipes and memory are back where they were. Argument: seconds. Exits 1 when not.
 */
import { availableParallelism } from 'node:os';
import { argv, exit, stdout } from 'node:process';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { type SoakTarget, soakClients } from './clients.ts';
import { type ProcessHoldings, readProcessHoldings } from './process-holdings.ts';

const password = 'soak';
const warmUpSeconds = 20;
const reportSeconds = 10;
const quietSeconds = 6;
// Idle pipes are kept for the next bulk, this many a worker (native/src/base/limits.h): two descriptors each.
const idlePipeFds = 2 * 64 * (availableParallelism() + 1);
// A heap breathes; a leak of one kilobyte a connection would show as a hundred times this.
const residentSlackMiB = 48;

const closers: (() => void | Promise<void>)[] = [];
const scope = { after: (close: () => void | Promise<void>): void => void closers.unshift(close) };

function say(text: string): void {
  stdout.write(`${text}\n`);
}

async function configure(echoUrl: string): Promise<string> {
  const { host, port } = await findRefusingPort();
  const to = (name: string, urls: readonly string[], more?: string): string =>
    routeTo(name, urls, {
      match: `protocol: TLS, sni: ["${name}.soak.test"]`,
      ...(more === undefined ? {} : { more }),
    });
  return buildConfig({
    top: 'log: { access: false }',
    listener: 'detect: { timeout: 2s }, timeouts: { connect: 2s, idle: 30s, halfClosed: 10s, drain: 2s }',
    routes: [
      to('web', [echoUrl]),
      to('bulk', [echoUrl]),
      to('retry', [`tcp://${host}:${port}`, echoUrl]),
      to('eager', [echoUrl], 'halfClose: false'),
      'name: banned, match: { sni: ["banned.soak.test"] }, action: Ban',
      'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
    ],
    users: [`name: soak, password: { scrypt: "${createScryptVerifier(password)}" }, allow: [{ cidrs: [127.0.0.0/8] }]`],
  });
}

interface Tally {
  readonly done: Map<string, number>;
  readonly failures: string[];
}

/** Keeps each kind of client running until the time has come; resolves when the last one has left. */
async function drive(target: SoakTarget, seconds: number, tally: Tally): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const loops = Object.entries(soakClients).flatMap(([kind, { run, atOnce }]) =>
    Array.from({ length: atOnce }, async () => {
      while (performance.now() < until) {
        try {
          await run(target, Math.random);
          tally.done.set(kind, (tally.done.get(kind) ?? 0) + 1);
        } catch (error) {
          tally.failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
          await pause(200);
        }
      }
    }),
  );
  await Promise.all(loops);
}

function describe(label: string, holdings: ProcessHoldings): string {
  const { sockets, pipes, otherFds, residentMiB } = holdings;
  return `${label.padEnd(10)} sockets ${sockets}  pipe ends ${pipes}  other fds ${otherFds}  resident ${residentMiB} MiB`;
}

/** Reports and reloads now and then, until `isOver`. */
async function watch(sluice: SluiceProcess, config: string, isOver: () => boolean): Promise<void> {
  for (let round = 1; !isOver(); round++) {
    await pause(reportSeconds * 1000);
    say(describe(`${round * reportSeconds} s`, await readProcessHoldings(sluice.pid)));
    const from = sluice.logPosition;
    await sluice.replaceConfig(`${config}# ${round}\n`);
    await sluice.waitForLog((line) => line['msg'] === 'reloaded', { from });
  }
}

async function readWhenQuiet(sluice: SluiceProcess): Promise<ProcessHoldings> {
  await pause(quietSeconds * 1000);
  return await readProcessHoldings(sluice.pid);
}

function findLeaks(before: ProcessHoldings, after: ProcessHoldings): string[] {
  const leaks: string[] = [];
  const allow = (what: keyof ProcessHoldings, most: number): void => {
    if (after[what] > most) leaks.push(`${what}: ${after[what]}, at most ${most} expected`);
  };
  allow('sockets', before.sockets + 4); // our own admin requests
  allow('pipes', Math.max(before.pipes, idlePipeFds));
  allow('otherFds', before.otherFds + 2);
  allow('residentMiB', Math.round(before.residentMiB * 1.25) + residentSlackMiB);
  return leaks;
}

async function main(seconds: number): Promise<readonly string[]> {
  const echo = await startEchoOrigin(scope);
  const config = await configure(echo.url);
  const sluice = await startSluice(scope, { config });
  const target: SoakTarget = { edge: sluice.address('edge'), origin: { host: echo.host, port: echo.port }, password };
  const tally: Tally = { done: new Map(), failures: [] };
  say(describe('start', await readProcessHoldings(sluice.pid)));
  await drive(target, warmUpSeconds, tally);
  const before = await readWhenQuiet(sluice);
  say(describe('warm', before));
  let isOver = false;
  const watching = watch(sluice, config, () => isOver);
  await drive(target, seconds, tally);
  isOver = true;
  await watching;
  const after = await readWhenQuiet(sluice);
  say(describe('end', after));
  const active = (await sluice.metrics()).sum('sluice_connections_active');
  const { code } = await sluice.stop();
  for (const [kind, count] of tally.done) say(`  ${kind}: ${count}`);
  return [
    ...new Set(tally.failures),
    ...findLeaks(before, after),
    ...(active === 0 ? [] : [`${active} connections are still active`]),
    ...(code === 0 ? [] : [`sluice ended with ${code}: ${sluice.stderr}`]),
  ];
}

const problems = await main(Number(argv[2] ?? 600));
for (const close of closers) await close();
for (const problem of problems) say(`PROBLEM ${problem}`);
say(problems.length === 0 ? 'soak passed' : `soak failed: ${problems.length} problems`);
exit(problems.length === 0 ? 0 : 1);
