/** Users with keys made for one test: what the server is told, and the seed file of each. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nkeys } from '@nats-io/nats-core';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { natsInboxOf, type NatsRole, renderNatsUsers } from '../../src/nats/nats-roles.ts';

export interface NkeyUser {
  readonly role: NatsRole;
  readonly nkey: string;
  readonly seed: Uint8Array;
  readonly seedFile: string;
}

/** Makes a key pair for each role and writes its seed to a file. */
export async function createNkeyUsers(scope: CleanupScope, roles: readonly NatsRole[]): Promise<readonly NkeyUser[]> {
  const directory = await createTemporaryDirectory(scope);
  return await Promise.all(
    roles.map(async (role) => {
      const pair = nkeys.createUser();
      const seedFile = join(directory, `${natsInboxOf(role)}.nk`);
      await writeFile(seedFile, `${new TextDecoder().decode(pair.getSeed())}\n`, { mode: 0o600 });
      return { role, nkey: pair.getPublicKey(), seed: pair.getSeed(), seedFile };
    }),
  );
}

/** The account of `deploy/nats/nats-server.conf` with these users. */
export function accountConfig(users: readonly NkeyUser[]): string {
  return `accounts { SLUICE {\njetstream: enabled\n${renderNatsUsers(users)} } }\n`;
}
