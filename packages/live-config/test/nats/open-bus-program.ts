/** Opens a bus, uses it as far as it goes, closes it, and must then end by itself: `open-bus-program.ts URL [connected | failed]`. */
import { createNatsBus } from '../../src/nats/nats-bus.ts';

const [url = '', wanted] = process.argv.slice(2);
const bus = createNatsBus({ servers: [url], clientName: 'ends', inbox: 'ends' }, { random: Math.random });
await new Promise<void>((resolve) => {
  bus.onState((state) => {
    const isFailed = state.kind === 'Disconnected' && state.reason.startsWith('connect to');
    if (wanted === undefined || (wanted === 'failed' ? isFailed : state.kind === 'Connected')) setImmediate(resolve);
  });
});
bus.watch({ filters: ['users.>'], onEvent: () => {} });
bus.onAck(() => {});
void bus.put('users.a', Buffer.from('1'), 0);
void bus.read('users.a').catch(() => {});
await bus.close();
process.stdout.write('closed\n');
