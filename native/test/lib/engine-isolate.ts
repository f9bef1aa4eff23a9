/**
 * A worker isolate with an engine that connects every client to one upstream. Tells its port, answers `counters`, and stops
 * thinking for a while when told to: nothing of this isolate runs meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { DriveMode } from '../../lib/engine.ts';
import { dialTo, TestEngine } from './test-engine.ts';

interface IsolateData {
  readonly mode: DriveMode;
  readonly upstreamPort: number;
}

type IsolateRequest =
  | { readonly kind: 'stall'; readonly ms: number }
  | { readonly kind: 'counters' }
  | { readonly kind: 'stop' };

const { mode, upstreamPort } = workerData as IsolateData;
const engine = new TestEngine(mode);
const to = dialTo(upstreamPort);
engine.decide = (port, event) => port.connect(event, to);
engine.connectFailed = (port, event) => port.close(event, null, true);
parentPort?.postMessage(engine.listen());
parentPort?.on('message', (request: IsolateRequest) => {
  switch (request.kind) {
    case 'stall':
      parentPort?.postMessage('stalling');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.ms);
      return;
    case 'counters':
      parentPort?.postMessage({ ...engine.counters(), ended: engine.ended.length, moves: engine.moves });
      return;
    case 'stop':
      engine.engine.stop();
      parentPort?.close();
  }
});
