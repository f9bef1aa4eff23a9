import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { packUser, unpackAllow, unpackCredentials } from '../../src/users/packed-user.ts';
import { configOf } from '../config/parse-text.ts';
import { validConfig } from '../config/valid-config.ts';

test('what is packed of a user can be had back', () => {
  let count = 0;
  fc.assert(
    fc.property(validConfig, (data) => {
      const { users } = configOf(JSON.stringify(data).replaceAll('${', () => '$${'));
      for (const user of users) {
        const packed = packUser(user);
        assert.deepEqual(unpackCredentials(packed.credentials), user.credentials);
        assert.deepEqual(packed.allow === null ? null : unpackAllow(packed.allow), user.allow);
        assert.equal(packed.maxConnections, user.maxConnections ?? 0);
        assert.equal(packed.isCutWhenRevoked, user.onRevoke === 'Disconnect');
        count += 1;
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(count > 50, `${count}`);
});
