import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseResourceKey } from '@sluice/contract/config-key.ts';
import { canonicalJson } from '@sluice/live-config/digest/canonical-json.ts';
import type { HeldEntry } from '@sluice/live-config/publisher/read-held-entries.ts';
import { heldAfter, recordsOf, specsOf, summarize } from '../../../src/cli/publish/publish-records.ts';
import { readLiveResource } from '../../../src/config/read-live-resource.ts';
import { configOf } from '../../config/parse-text.ts';
import { validConfig } from '../../config/valid-config.ts';

describe('what a file publishes', () => {
  it('is read by a proxy as what the file has', () => {
    fc.assert(
      fc.property(validConfig, (data) => {
        const config = configOf(JSON.stringify(data).replaceAll('${', () => '$${'));
        const expected = new Map([...config.listeners, ...config.routes].map((value) => [value.name, value]));
        const specs = specsOf(config);
        assert.equal(specs.size, config.listeners.length + config.routes.length);
        for (const [key, spec] of specs) {
          const id = parseResourceKey(key);
          assert.ok(id !== null);
          const reading = readLiveResource(id.kind, id.name, spec);
          assert.ok(reading.ok, reading.ok ? '' : reading.reason);
          const list = id.kind === 'Listener' ? config.listeners : config.routes;
          assert.deepEqual(reading.resource.value, list.find(({ name }) => name === id.name) ?? expected.get(id.name));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the generation of what is the same, and raises it for all else, deletions too', () => {
    const specs = new Map([
      ['routes.same', { action: 'Ban' }],
      ['routes.other', { action: 'Ban' }],
      ['routes.back', { action: 'Ban' }],
      ['routes.anew', { action: 'Ban' }],
    ]);
    const held = new Map<string, HeldEntry>([
      ['routes.same', { generation: 4, specText: canonicalJson({ action: 'Ban' }) }],
      ['routes.other', { generation: 5, specText: canonicalJson({ action: 'Echo' }) }],
      ['routes.back', { generation: 6, specText: null }],
      ['routes.gone', { generation: 7, specText: canonicalJson({ action: 'Ban' }) }],
      ['routes.before', { generation: 8, specText: null }],
    ]);
    const records = recordsOf(specs, held);
    assert.deepEqual(
      records.map(({ key, generation, spec }) => [key, generation, spec !== null]),
      [
        ['routes.same', 4, true],
        ['routes.other', 6, true],
        ['routes.back', 7, true],
        ['routes.anew', 1, true],
        ['routes.gone', 8, false],
        ['routes.before', 8, false],
      ],
    );
    assert.deepEqual(summarize(records, held), {
      added: ['routes.back', 'routes.anew'],
      changed: ['routes.other'],
      removed: ['routes.gone'],
      unchanged: 1,
    });
    const again = summarize(recordsOf(specs, heldAfter(records)), heldAfter(records));
    assert.deepEqual(again, { added: [], changed: [], removed: [], unchanged: 4 });
  });
});
