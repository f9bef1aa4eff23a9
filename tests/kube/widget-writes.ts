/** Writes to a Widget as they are drawn for the comparison of the fake with the real API server. */
import * as fc from 'fast-check';

export interface WidgetWrite {
  readonly verb: 'create' | 'replace' | 'merge' | 'apply' | 'delete';
  readonly isAtStatus: boolean;
  readonly manager: string;
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  readonly body: { readonly metadata?: object; readonly spec?: object | null; readonly status?: object | null };
}

const text = fc.constantFrom('1', '2');
const optional = { requiredKeys: [] };
const filled = { minKeys: 1, maxKeys: 2 };
const spec = fc.record(
  {
    color: fc.constantFrom('red', 'blue'),
    size: fc.nat(2),
    tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
    // Of an emptied map the real one makes null, and refuses that by its schema, which the fake does not have.
    options: fc.dictionary(fc.constantFrom('a', 'b'), text, filled),
  },
  { requiredKeys: ['size'] },
);
const metadata = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('l', 'm'), text, filled),
    finalizers: fc.subarray(['testing.sluice.dev/a', 'testing.sluice.dev/b']),
  },
  optional,
);
const condition = fc.record({ type: fc.constantFrom('Ready', 'Other'), status: fc.constantFrom('True', 'False') });
const conditions = fc.uniqueArray(condition, { minLength: 1, maxLength: 2, selector: ({ type }) => type });
const status = fc.record({ observedGeneration: fc.nat(3), conditions }, { requiredKeys: ['observedGeneration'] });
const orNull = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const patch = fc.record(
  {
    metadata: fc.record(
      { labels: orNull(fc.dictionary(fc.constantFrom('l', 'm'), orNull(text), { maxKeys: 2 })) },
      optional,
    ),
    spec: fc.record({ color: orNull(fc.constantFrom('red', 'blue')), size: fc.nat(2) }, optional),
    status: orNull(status),
  },
  optional,
);

const common = {
  manager: fc.constantFrom('ann', 'bob'),
  isForced: fc.boolean(),
  isDryRun: fc.nat(4).map((dice) => dice === 0),
};
const whole = fc.record({ metadata, spec, status });
const make = (
  verb: WidgetWrite['verb'],
  body: fc.Arbitrary<WidgetWrite['body']>,
  isAtStatus = false,
): fc.Arbitrary<WidgetWrite> =>
  fc.record({ ...common, verb: fc.constant(verb), isAtStatus: fc.constant(isAtStatus), body });

export const anyWrite: fc.Arbitrary<WidgetWrite> = fc.oneof(
  { weight: 3, arbitrary: make('create', whole) },
  { weight: 3, arbitrary: make('replace', whole) },
  { weight: 1, arbitrary: make('replace', whole, true) },
  { weight: 3, arbitrary: make('merge', patch) },
  { weight: 1, arbitrary: make('merge', patch, true) },
  { weight: 4, arbitrary: make('apply', fc.record({ metadata, spec })) },
  { weight: 3, arbitrary: make('apply', fc.record({ status }), true) },
  { weight: 1, arbitrary: make('delete', fc.constant({})) },
);
