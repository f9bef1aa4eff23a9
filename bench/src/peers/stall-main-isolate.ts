/**
 * Loaded into Sluice with `node --import` (through NODE_OPTIONS): stops the main isolate for 500 ms of every second, as a
 * long garbage collection or a large /metrics answer would. Workers load it too and leave at once. The query of this
 * module's URL says how: `sleep` blocks without taking a CPU from the proxy, `spin` takes one.
 */
import { isMainThread } from 'node:worker_threads';

const stallNotice = 'bench: the main isolate stalls';
const everyMs = 1000;
const stallMs = 500;

function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
}

function spin(): void {
  const end = performance.now() + stallMs;
  while (performance.now() < end);
}

if (isMainThread) {
  // The benchmark waits for this line: a stall that was never loaded would be a very good result.
  process.stderr.write(`${stallNotice}\n`);
  const stall = import.meta.url.endsWith('?spin') ? spin : sleep;
  setInterval(stall, everyMs).unref();
}
