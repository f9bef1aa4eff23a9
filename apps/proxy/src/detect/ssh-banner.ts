/**
 * An SSH client's identification string (RFC 4253 section 4.2), decided at `SSH-`: the version after it is for the server.
 * Only servers may send other lines first, so a client that begins otherwise is not SSH.
 */
import type { Verdict } from './detection.ts';
import { matchPrefix } from './match-prefix.ts';
import { decided } from './verdict.ts';

export interface SshBanner {
  readonly protocol: 'SSH';
}

const sshBanner = decided<SshBanner>(Object.freeze({ protocol: 'SSH' }));

export const parseSshBanner: (bytes: Buffer, start: number, end: number) => Verdict<SshBanner> = matchPrefix(
  Buffer.from('SSH-', 'latin1'),
  sshBanner,
);
