/**
 * Entry of the decision isolate (a worker thread): connects the decision core with the main isolate's messages. The one
 * file of the isolate with side effects on import.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createDecisionCore } from './decision-core.ts';
import type { IsolateReply, IsolateRequest, IsolateStart } from './isolate-messages.ts';

function run(port: NonNullable<typeof parentPort>, start: IsolateStart): void {
  const post = (reply: IsolateReply): void => port.postMessage(reply);
  const core = createDecisionCore(start.plan, post);

  const obey = async (request: IsolateRequest): Promise<void> => {
    switch (request.kind) {
      case 'part':
        core.take(request.routes, request.users);
        return post({ kind: 'taken' });
      case 'prepare': {
        const result = core.prepare(request);
        if (result === 'PartsWanted') return post({ kind: 'partsWanted' });
        return post(result.kind === 'ready' ? { kind: 'prepared' } : { kind: 'refused', failures: result.failures });
      }
      case 'commit':
        return post({ kind: 'committed', listeners: await core.commit() });
      case 'abort':
        core.abort();
        return post({ kind: 'aborted' });
      case 'stageUsers':
        core.stageUsers(request.begins, request.part);
        return post({ kind: 'usersStaged' });
      case 'commitUsers':
        await core.commitUsers();
        return post({ kind: 'usersCommitted' });
      case 'drain':
        post({ kind: 'drained', cut: await core.drain(request.timeoutMs) });
        // Nothing is left to do: without its port the isolate ends by itself.
        return port.close();
    }
  };
  port.on('message', (request: IsolateRequest) => {
    obey(request).catch((error: unknown) => {
      post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    });
  });
  post(core.started);
}

if (parentPort !== null) run(parentPort, workerData as IsolateStart);
