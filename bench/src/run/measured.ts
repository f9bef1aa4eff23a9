/** A part of a measurement that is run by itself: with when and where it was measured, kept in a file beside the other parts. */
import { readFile } from 'node:fs/promises';
import { type MachineFacts, readMachineFacts } from '../machine/machine-facts.ts';

export interface Measured<Result> {
  readonly machine: MachineFacts;
  readonly elapsedSeconds: number;
  readonly result: Result;
}

export async function measured<Result>(measure: () => Promise<Result>): Promise<Measured<Result>> {
  const machine = await readMachineFacts(new Date());
  const startedAt = performance.now();
  const result = await measure();
  return { machine, elapsedSeconds: (performance.now() - startedAt) / 1000, result };
}

/** The parts that `file` holds, written by the very program that reads them; none when there is no file. */
export async function readKeptParts(file: string): Promise<object> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as object;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
