/** Holds the right to publish on the database named by the argument, says so, and says when it has lost it. */
import { LeaderSession } from '../../src/outbox/leader-session.ts';

const session = await LeaderSession.open({
  connectionString: process.argv[2] ?? '',
  silenceLimitMs: 1_000,
  onNotified: () => {},
});
process.stdout.write((await session.tryLead()) ? 'leading\n' : 'refused\n');
await session.lost;
process.stdout.write(`${session.isLeader ? 'still leading' : 'lost'}\n`);
