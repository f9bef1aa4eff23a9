/**
 * The API server takes what the readers of the file take, and nothing else: hundreds of drawn specs by server-side dry run. Where
 * the two differ, the difference has a name here; the operator judges those objects (Accepted=False).
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

/** What the API server refuses and the file takes. */
const onlyTheServerSees: Readonly<Record<string, (cause: string) => boolean>> = {
  'an IPv4 address written as IPv6 in an endpoint': (cause) =>
    /\.url: .*must have an IPv6 address in the brackets/.test(cause),
};

const seen = new Map<string, number>();

function count(name: string): void {
  seen.set(name, (seen.get(name) ?? 0) + 1);
}

function nameOfProblem(problem: SpecProblem, kind: Kind): string | undefined {
  return Object.entries(onlyTheFileSees).find(([, fits]) => fits(problem, kind))?.[0];
}

function nameOfCause(cause: string, spec: string): string | undefined {
  const name = Object.entries(onlyTheServerSees).find(([, fits]) => fits(cause))?.[0];
  return /\[[0:]*:?ffff:/i.test(spec) ? name : undefined;
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
  } else if (problems.length === 0) {
    const names = verdict.causes.map((cause) => nameOfCause(cause, JSON.stringify(spec)));
    assert.ok(!names.includes(undefined), text);
    for (const name of names) count(name ?? '');
  } else count(`${kind} refused by both`);
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
