/**
 * What stat(2) says of a file, as one comparable text: another file behind the same path, another size or another time is
 * another signature. Contents are not looked at.
 */
import { stat } from 'node:fs/promises';

export interface FileSignature {
  readonly text: string;
  /** Absent or empty: what a file is for a moment while many programs save it. */
  readonly isDoubtful: boolean;
}

/** Follows symbolic links; a file that cannot be looked at has a signature too. */
export async function readFileSignature(path: string): Promise<FileSignature> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return { text: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, isDoubtful: size === 0n };
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { text: errno, isDoubtful: true };
  }
}
