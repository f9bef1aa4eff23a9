/**
 * A process that writes `argv[2]` lines to its standard output and ends after flushing for at most `argv[3]` ms (0: 5 s);
 * exit code 3 if lines were left.
 */
import { LineSink } from '../src/line-sink.ts';

const count = Number(process.argv[2]);
const flushMs = Number(process.argv[3]) || 5_000;
const sink = new LineSink();
for (let n = 0; n < count; n += 1) sink.write(JSON.stringify({ n, padding: 'x'.repeat(50) }));
const isFlushed = await sink.flush(flushMs);
process.exit(isFlushed ? 0 : 3);
