import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChartValues } from '../../charts/chart-values.ts';
import { renderReference } from '../../charts/values-readme.ts';
import { valuesSchema } from '../../charts/values-schema.ts';

const text = `# Where it comes from.
image:
  # -- Its name.
  repository: a/b
  # -- (enum Always|Never) When it is
  # pulled.
  policy: Always

# -- (list object) Ports, each with
# a name.
ports:
  - name: http
    port: 80
# -- (map) Labels.
labels: {app: a}
# -- Whether.
enabled: true
# -- (int 1..9) How many.
count: 3
# -- (int 1|3) Of these.
choice: 1
# -- (int or percent) How much.
share: 25%
# -- (quantity) How large.
size: 1Gi
# -- (object) Anything.
free:
  inner: {deep: 1}
`;

test('reads each value with its type, its default and what it means', () => {
  const { values, groups, undocumented } = readChartValues(text);
  assert.deepEqual(undocumented, []);
  assert.deepEqual([...groups], [['image', 'Where it comes from.']]);
  assert.deepEqual(
    values.map(({ path, type }) => [path.join('.'), type]),
    [
      ['image.repository', null],
      ['image.policy', 'enum Always|Never'],
      ['ports', 'list object'],
      ['labels', 'map'],
      ['enabled', null],
      ['count', 'int 1..9'],
      ['choice', 'int 1|3'],
      ['share', 'int or percent'],
      ['size', 'quantity'],
      ['free', 'object'],
    ],
  );
  assert.equal(values[1]?.description, 'When it is pulled.');
  assert.deepEqual(values[2]?.default, [{ name: 'http', port: 80 }]);
});

test('names what has no description, whether a value or a group', () => {
  assert.deepEqual(readChartValues('a: 1\n# -- B.\nb: 2\nc:\n  # -- D.\n  d: x\n').undocumented, ['a', 'c']);
});

test('makes a schema that refuses unknown keys, inside groups too', () => {
  const schema = valuesSchema(readChartValues(text), { global: { type: 'object' } });
  const properties = schema['properties'] as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  assert.equal(schema['additionalProperties'], false);
  assert.equal(properties['image']?.['additionalProperties'], false);
  assert.deepEqual(properties['global'], { type: 'object' });
  assert.deepEqual(properties['count'], { description: 'How many.', type: 'integer', minimum: 1, maximum: 9 });
  assert.deepEqual(properties['choice'], { description: 'Of these.', type: 'integer', enum: [1, 3] });
  assert.deepEqual(properties['free'], { description: 'Anything.', type: 'object' });
});

test('refuses a value whose type nobody can see, and a type that is none', () => {
  assert.throws(() => valuesSchema(readChartValues('# -- A.\na: []\n'), {}), /a: its comment has to say the type/);
  assert.throws(() => valuesSchema(readChartValues('# -- (thing) A.\na: []\n'), {}), /a: thing is no type/);
  assert.throws(() => valuesSchema(readChartValues('# -- (int) A.\na: 1\n'), {}), /no bounds/);
});

test('writes a row for each value, with the prefix of its chart', () => {
  const reference = renderReference([{ title: 'Proxy', prefix: 'proxy', values: readChartValues(text) }]);
  assert.match(reference, /^### Proxy$/m);
  assert.match(
    reference,
    /^\| `proxy\.image\.policy` \| enum Always \\\| Never \| `"Always"` \| When it is pulled\. \|$/m,
  );
  assert.equal(reference.match(/^\| `proxy\./gm)?.length, 10);
});
