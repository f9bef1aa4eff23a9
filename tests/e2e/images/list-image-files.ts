/** What an image holds: paths, modes and owners, all its layers taken together. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@sluice/testkit/run-command.ts';
import type { PrivateDocker } from './private-docker.ts';

export interface ImageFile {
  /** Without a slash before it; with one behind it for a directory. */
  readonly path: string;
  /** As `ls` writes it, the kind left out: `rwxr-xr-x`. */
  readonly mode: string;
  readonly kind: string;
  readonly owner: number;
}

const linePattern = /^(?<kind>.)(?<mode>\S{9}) (?<owner>\d+)\/\d+ +\S+ \S+ \S+ (?<path>.*?)(?: -> .*| link to .*)?$/;

function parseLine(line: string): ImageFile {
  const { kind = '', mode = '', owner = '', path = '' } = linePattern.exec(line)?.groups ?? {};
  if (path === '') throw new Error(`tar printed ${JSON.stringify(line)}`);
  return { kind, mode, owner: Number(owner), path };
}

/** `directory`: for the archive, meanwhile. */
export async function listImageFiles(docker: PrivateDocker, image: string, directory: string): Promise<ImageFile[]> {
  const archive = join(directory, 'files.tar');
  // A base has no command; this one is never run.
  const id = await docker.ask(['create', image, 'nothing']);
  try {
    await docker.ask(['export', '--output', archive, id]);
    const listed = await runCommand('tar', ['--list', '--verbose', '--numeric-owner', '--file', archive]);
    if (listed.code !== 0) throw new Error(`tar ended with ${listed.code}: ${listed.stderr}`);
    return listed.stdout.trimEnd().split('\n').map(parseLine);
  } finally {
    await docker.ask(['rm', id]);
    await rm(archive, { force: true });
  }
}
