/**
 * `sluice publish FILE`: puts the routes and listeners of a file into the bucket, for installations without Kubernetes. Takes
 * the range over, deletes what the file no longer has, and tells what the proxies say to it. With `--follow` it stays: it
 * repeats the head, which spares the proxies their doubts, and publishes the file again when it changes.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { createPublisher } from '@sluice/live-config/publisher/publisher.ts';
import type { Published, Publisher } from '@sluice/live-config/publisher/publisher-port.ts';
import { type HeldEntry, readHeldEntries, untilConnected } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { ControlConfig, EffectiveConfig } from '../../config/effective-config.ts';
import { formatIssue } from '../../config/config-issue.ts';
import { ConfigWatcher } from '../../control/config-watcher.ts';
import { type Environment, loadConfig } from '../../control/load-config.ts';
import { AckKeyError, readAckKey } from '../../control/live/live-control.ts';
import type { Output } from '../check-command.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { collectRollout, formatRollout, formatSummary, type Rollouts } from './publish-report.ts';
import { heldAfter, recordsOf, specsOf, summarize } from './publish-records.ts';

export interface PublishOptions {
  readonly path: string;
  /** From the command line; null: those of the file's control. */
  readonly nats: ControlConfig['nats'];
  readonly ackKeyFile: string | null;
  readonly waitMs: number;
  readonly isDryRun: boolean;
  readonly follows: boolean;
}

export interface PublishDeps extends Output {
  readonly env: Environment;
  readonly openBus: (nats: NonNullable<ControlConfig['nats']>) => ConfigBus;
  /** Resolves when the process is asked to end. */
  readonly stopped: Promise<void>;
}

const answerMs = 10_000;
const lookMs = 100;
/** Proxies that were silent so far speak up when they have applied the revision. */
const leastWaitMs = 1_500;

export async function publishCommand(options: PublishOptions, deps: PublishDeps): Promise<ExitCode> {
  const config = await load(options, deps);
  if (config === null) return exitCode.configuration;
  const nats = options.nats ?? config.control?.nats ?? null;
  if (nats === null) {
    deps.err('sluice: no NATS server is named (give --nats URL, or control: { nats: … } in the file)\n');
    return exitCode.usage;
  }
  const ackKeyFile = options.ackKeyFile ?? config.control?.ackKeyFile ?? null;
  const bus = deps.openBus(nats);
  try {
    const ackKey = await readAckKey({ ackKeyFile });
    await untilConnected(bus, AbortSignal.timeout(answerMs));
    return await new Publication(options, deps, { bus, ackKey }).run(config);
  } catch (error) {
    deps.err(`sluice: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof AckKeyError ? exitCode.configuration : exitCode.runtime;
  } finally {
    await bus.close();
  }
}

async function load({ path }: PublishOptions, deps: PublishDeps): Promise<EffectiveConfig | null> {
  const loaded = await loadConfig(path, deps.env);
  for (const issue of loaded.kind === 'valid' ? loaded.notes : loaded.errors) deps.err(`${formatIssue(issue)}\n`);
  return loaded.kind === 'valid' ? loaded.config : null;
}

interface Connected {
  readonly bus: ConfigBus;
  readonly ackKey: Uint8Array | undefined;
}

class Publication {
  readonly #options: PublishOptions;
  readonly #deps: PublishDeps;
  readonly #connected: Connected;
  #records: readonly TruthRecord[] = [];

  constructor(options: PublishOptions, deps: PublishDeps, connected: Connected) {
    this.#options = options;
    this.#deps = deps;
    this.#connected = connected;
  }

  async run(config: EffectiveConfig): Promise<ExitCode> {
    this.#compare(config, await readHeldEntries('routing', this.#connected.bus, AbortSignal.timeout(answerMs)));
    if (this.#options.isDryRun) return exitCode.ok;
    const publisher = this.#createPublisher();
    try {
      const code = await this.#publish(publisher);
      if (!this.#options.follows) return code;
      await this.#follow(publisher);
      return exitCode.ok;
    } finally {
      await publisher.close();
    }
  }

  /** Says what would change, and makes it the truth. */
  #compare(config: EffectiveConfig, held: ReadonlyMap<string, HeldEntry>): void {
    this.#records = recordsOf(specsOf(config), held);
    this.#deps.out(formatSummary(summarize(this.#records, held), this.#options.isDryRun));
  }

  #createPublisher(): Publisher {
    const { bus, ackKey } = this.#connected;
    const records = (): readonly TruthRecord[] => this.#records;
    return createPublisher(
      {
        range: 'routing',
        publisher: `sluice publish on ${hostname().slice(0, 200)}, pid ${process.pid}`,
        ...(ackKey === undefined ? {} : { ackKey }),
      },
      {
        bus,
        truth: {
          async *list(keys) {
            const all = await Promise.resolve(records());
            yield keys === undefined ? all : all.filter(({ key }) => keys.includes(key));
          },
        },
        // One more than the head says: whoever published before finds itself deposed.
        epochs: { claim: (above) => Promise.resolve(above + 1) },
        nowMs: Date.now,
        random: Math.random,
        onEvent: (event) => {
          if (event.kind === 'Denied') this.#deps.err(`sluice: ${event.key} was denied: ${event.reason}\n`);
          if (event.kind === 'Failed') this.#deps.err(`sluice: ${event.what}: ${event.reason}\n`);
        },
      },
    );
  }

  async #publish(publisher: Publisher): Promise<ExitCode> {
    const published = await publisher.publish(this.#records);
    const rollouts = await this.#waitForProxies(publisher, published);
    this.#deps.out(formatRollout(published, rollouts));
    return rollouts.rejections.length === 0 && rollouts.acknowledged === rollouts.proxies
      ? exitCode.ok
      : exitCode.runtime;
  }

  async #waitForProxies(publisher: Publisher, published: Published): Promise<Rollouts> {
    const startedMs = performance.now();
    for (;;) {
      const rollouts = collectRollout(publisher, this.#records, published);
      const waitedMs = performance.now() - startedMs;
      const isAnswered = rollouts.proxies > 0 && rollouts.answered === rollouts.proxies && waitedMs >= leastWaitMs;
      if (isAnswered || waitedMs >= this.#options.waitMs) return rollouts;
      await delay(lookMs);
    }
  }

  /** Until the process is asked to end, or another publisher has taken over. */
  async #follow(publisher: Publisher): Promise<void> {
    const changes = new ChangeSignal();
    const watcher = new ConfigWatcher({
      path: this.#options.path,
      onChange: () => changes.raise(),
      onDegraded: () => {},
    });
    try {
      while ((await Promise.race([changes.next(), this.#deps.stopped])) === 'Changed') {
        const config = await load(this.#options, this.#deps);
        if (config === null) continue;
        // Not asked of the bucket again, which may be away: whoever else wrote there has deposed us.
        this.#compare(config, heldAfter(this.#records));
        await this.#publish(publisher);
      }
    } finally {
      watcher.close();
    }
  }
}

/** Remembers that something changed while nobody was waiting. */
class ChangeSignal {
  #next = Promise.withResolvers<'Changed'>();

  raise(): void {
    this.#next.resolve('Changed');
  }

  async next(): Promise<'Changed'> {
    const changed = await this.#next.promise;
    this.#next = Promise.withResolvers<'Changed'>();
    return changed;
  }
}
