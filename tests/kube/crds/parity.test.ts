/**
 * The API server takes what the readers of the file take: hundreds of drawn specs by server-side dry run. What it takes beyond has
 * a name here; the operator judges those objects (Accepted=False).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpecProblems, type SpecProblem } from '@sluice/contract/resources/spec-problems.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import * as fc from 'fast-check';
import { type Kind, openCrdScene, type Verdict } from './crd-scene.ts';
import { specOf } from './spec-arbitraries.ts';

const skip = await whyNoKubeApi();

/** What the file refuses and the API server lets in. */
const onlyTheFileSees: Readonly<Record<string, (problem: SpecProblem, kind: Kind) => boolean>> = {
  'the cost of a verifier': ({ message }) => /^(needs more than|takes too long|has m=|has ln=)/.test(message),
  'bits beyond the end of base64': ({ message }) => /^has no (salt|hash) of /.test(message),
  'an address bound twice in two spellings': ({ message }) => message.endsWith(' twice'),
  'names and networks in the rules of a user: lists of lists': ({ path }, kind) =>
    kind === 'ProxyUser' && path[0] === 'allow',
};

const seen = new Map<string, number>();

function count(name: string): void {
  seen.set(name, (seen.get(name) ?? 0) + 1);
}

function nameOfProblem(problem: SpecProblem, kind: Kind): string | undefined {
  return Object.entries(onlyTheFileSees).find(([, fits]) => fits(problem, kind))?.[0];
}

/** Asserts that both say the same, but for the named differences. */
function compare(kind: Kind, spec: object, verdict: Verdict): void {
  const problems = findSpecProblems(kind, spec);
  const text = `${JSON.stringify(spec)}: file ${JSON.stringify(problems)}, server ${verdict.causes.join('; ')}`;
  if (verdict.isAccepted) {
    const names = problems.map((problem) => nameOfProblem(problem, kind));
    assert.ok(!names.includes(undefined), text);
    for (const name of names) count(name ?? '');
    count(problems.length === 0 ? `${kind} accepted by both` : `${kind} accepted by the server`);
  } else {
    assert.notEqual(problems.length, 0, text);
    count(`${kind} refused by both`);
  }
  assert.ok(!verdict.causes.some((cause) => /evaluation error|internal error/i.test(cause)), text);
}

for (const kind of ['ProxyRoute', 'ProxyUser', 'ProxyListener'] as const) {
  test(`the API server and the file take the same specs of ${kind}`, { skip }, async (t) => {
    const scene = await openCrdScene(t);
    await fc.assert(
      fc.asyncProperty(specOf[kind], async (spec) => compare(kind, spec, await scene.judge(kind, spec))),
      { numRuns: 500 },
    );
    for (const outcome of ['accepted', 'refused'])
      assert.ok((seen.get(`${kind} ${outcome} by both`) ?? 0) > 80, JSON.stringify([...seen]));
    t.diagnostic(JSON.stringify([...seen]));
  });
}
