/**
 * The access log line of one connection, found by the client's address: tests that run side by side never mix them up.
 */
import { type AccessLine, asAccessLine } from './access-line.ts';
import type { SluiceProcess } from './sluice-process.ts';

/** Waits for the line of the connection whose client end is `clientAddress` (`ip:port`). */
export async function findAccessLine(
  sluice: SluiceProcess,
  clientAddress: string,
  timeoutMs = 20_000,
): Promise<AccessLine> {
  const line = await sluice.waitForLog(
    (candidate) => candidate['msg'] === 'connection' && candidate['client'] === clientAddress,
    { timeoutMs },
  );
  return asAccessLine(line);
}
