import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import fc from 'fast-check';
import type { SluiceObject } from '../../src/specs/kube-objects.ts';
import { objectName } from '../../src/specs/kube-objects.ts';
import { compareAge } from '../../src/specs/object-age.ts';
import { RouteBook } from '../../src/specs/route-book.ts';

const emptyLookup = { isWatched: () => true, service: () => undefined, slices: () => [], grants: () => [] };
const deps = { lookup: emptyLookup, heldSpec: () => null };

interface RoutePlan {
  readonly name: string;
  readonly age: number;
  readonly sni: readonly string[];
  readonly alpn: readonly string[];
  readonly sources: readonly string[];
  readonly listeners: readonly string[];
}

function objectOf({ name, age, sni, alpn, sources, listeners }: RoutePlan): SluiceObject {
  const match = {
    ...(sni.length === 0 ? {} : { sni }),
    ...(alpn.length === 0 ? {} : { alpn }),
    ...(sources.length === 0 ? {} : { sources }),
  };
  return {
    metadata: { namespace: 'a', name, creationTimestamp: `2027-01-01T00:00:0${age}Z`, generation: 1 },
    spec: { match, action: 'Ban', ...(listeners.length === 0 ? {} : { listeners }) },
  };
}

const some = (...values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.oneof(fc.constant<string[]>([]), fc.subarray([...values], { minLength: 1 }));
const plans = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    age: fc.nat(3),
    sni: some('x.example.com', 'X.example.com.', '*.example.com', 'y.example.com'),
    alpn: some('h2', 'http/1.1'),
    sources: some('10.0.0.0/8', '192.0.2.0/24'),
    listeners: some('edge', 'side'),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

function published(book: RouteBook): Readonly<Record<string, ResourceSpec>> {
  const specs: Record<string, ResourceSpec> = {};
  for (const id of book.ids()) {
    const outcome = book.outcome(id);
    if (outcome?.published) specs[outcome.key] = outcome.published;
  }
  return specs;
}

function standings(book: RouteBook): Readonly<Record<string, unknown>> {
  const ids = [...book.ids()].toSorted();
  return Object.fromEntries(ids.map((id) => [id, book.outcome(id)?.lost]));
}

/** Every connection that a spec claims, one text for each alternative. */
function claimsOf(spec: ResourceSpec): readonly string[] {
  const { match, listeners } = spec as {
    match: { sni?: string[]; alpn?: string[]; sources?: string[] };
    listeners?: string[];
  };
  const orNone = (values: readonly string[] | undefined): readonly string[] => values ?? ['-'];
  const names = [...new Set(orNone(match.sni).map((name) => name.toLowerCase().replace(/\.$/, '')))];
  return names.flatMap((name) =>
    orNone(match.alpn).flatMap((alpn) =>
      orNone(match.sources).flatMap((source) =>
        orNone(listeners).map((listener) => [name, alpn, source, listener].join(' ')),
      ),
    ),
  );
}

describe('the book of routes', () => {
  it('publishes the same, in whatever order the objects came and whatever was there meanwhile', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), fc.boolean(), (given, order, settlesOften) => {
        const objects = given.map(objectOf);
        const inOrder = new RouteBook(deps);
        for (const object of objects) inOrder.set(object);
        inOrder.settle();

        const shuffled = new RouteBook(deps);
        const rest = [...objects];
        while (rest.length > 0) {
          const [object] = rest.splice((order.next().value ?? 0) % rest.length, 1);
          assert.ok(object);
          // An earlier version, or one that goes again.
          shuffled.set({ ...object, spec: { match: {}, action: 'Echo' } });
          if (settlesOften) shuffled.settle();
          if ((order.next().value ?? 0) % 2 === 0) shuffled.delete(objectName(object));
          shuffled.set(object);
          if (settlesOften) shuffled.settle();
        }
        shuffled.settle();
        assert.deepEqual(published(shuffled), published(inOrder));
        assert.deepEqual(standings(shuffled), standings(inOrder));
      }),
    );
  });

  it('never publishes two routes that claim the same, and gives what is claimed to the oldest', () => {
    fc.assert(
      fc.property(plans, (given) => {
        const book = new RouteBook(deps);
        const objects = given.map(objectOf).toSorted(compareAge);
        for (const object of objects) book.set(object);
        book.settle();
        const owners = new Map<string, string>();
        for (const object of objects) {
          const outcome = book.outcome(objectName(object));
          assert.ok(outcome);
          if (outcome.published === null) continue;
          for (const claim of claimsOf(outcome.published)) {
            assert.equal(owners.get(claim), undefined, claim);
            owners.set(claim, objectName(object));
          }
        }
        const [oldest] = objects;
        if (oldest !== undefined) assert.deepEqual(book.outcome(objectName(oldest))?.published, oldest.spec);
        for (const object of objects) {
          const lost = book.outcome(objectName(object))?.lost;
          if (lost === undefined) continue;
          const winner = objects.find((one) => objectName(one) === lost.winner);
          assert.ok(winner && compareAge(winner, object) < 0);
        }
      }),
    );
  });

  it('judges a change among thousands that claim the same without setting each against each', () => {
    const book = new RouteBook(deps);
    const objects = Array.from({ length: 20_000 }, (_, index) =>
      objectOf({ name: `r${index}`, age: index % 10, sni: [], alpn: [], sources: [], listeners: [] }),
    );
    const [oldest] = objects;
    assert.ok(oldest);
    const beganMs = performance.now();
    for (const object of objects) book.set(object);
    assert.equal(book.settle().touched.size, objects.length);
    book.delete(objectName(oldest));
    assert.equal(book.settle().touched.size, objects.length - 1);
    // Each against each takes half a minute.
    assert.ok(performance.now() - beganMs < 8_000, `${Math.round(performance.now() - beganMs)} ms`);
    assert.equal(Object.keys(published(book)).length, 1);
  });

  it('finds nothing to do when nothing has changed', () => {
    const book = new RouteBook(deps);
    const plan = { name: 'a', age: 0, sni: ['x.example.com'], alpn: [], sources: [], listeners: [] };
    book.set(objectOf(plan));
    assert.equal(book.settle().specs.size, 1);
    const again = book.settle();
    assert.deepEqual([again.specs.size, again.touched.size], [0, 0]);
  });

  it('keeps what the bucket holds of a route that could not be read since the start', () => {
    const held = { match: {}, to: { endpoints: [{ url: 'tcp://10.0.0.1:1', weight: 1 }] } };
    const book = new RouteBook({ ...deps, heldSpec: (key) => (key === 'routes.a=2Eweb' ? held : null) });
    const metadata = { namespace: 'a', name: 'web', generation: 2 };
    book.set({ metadata, spec: { match: { sources: ['nonsense'] }, action: 'Ban' } });
    book.settle();
    const outcome = book.outcome('a/web');
    assert.deepEqual(outcome?.published, held);
    assert.equal(outcome.problems.length, 1);
  });
});
