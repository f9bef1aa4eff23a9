import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectRollout, formatRollout, formatSummary } from '../../../src/cli/publish/publish-report.ts';

const published = { epoch: 3, revision: 12 };

describe('the report of a publication', () => {
  it('counts a proxy that rejects anything as one that has not all of it in force', () => {
    const rollouts = {
      'routes.a': { proxies: 3, acknowledged: 3, rejections: [] },
      'routes.b': {
        proxies: 3,
        acknowledged: 1,
        rejections: [
          { proxy: 'p1', reason: 'taken' },
          { proxy: 'p2', reason: 'taken' },
        ],
      },
      'routes.c': { proxies: 3, acknowledged: 2, rejections: [{ proxy: 'p1', reason: 'wrong' }] },
    } as const;
    const records = Object.keys(rollouts).map((key) => ({ key, generation: 1, spec: {} }));
    const collected = collectRollout(
      { rollout: ({ key }) => rollouts[key as keyof typeof rollouts] },
      records,
      published,
    );
    assert.deepEqual([collected.proxies, collected.answered, collected.acknowledged], [3, 3, 1]);
    assert.equal(
      formatRollout(published, collected),
      `published revision 12 (epoch 3); in force on 1/3 proxies
rejected by p1: routes.b: taken
rejected by p2: routes.b: taken
rejected by p1: routes.c: wrong
`,
    );
  });

  it('is short however much there is', () => {
    const added = Array.from({ length: 1000 }, (_, index) => `routes.${index}`);
    const text = formatSummary({ added, changed: [], removed: ['routes.x'], unchanged: 7 }, true);
    assert.equal(text.split('\n').length, 104);
    assert.match(
      text,
      /\n\+ and 900 more\n- routes\.x\nwould publish: 1000 added, 0 changed, 1 removed, 7 unchanged\n$/,
    );
  });
});
