/** A ProxyUser, read: its spec, or what is wrong with it. Pure. */
import { findSpecProblems } from '@sluice/contract/resources/spec-problems.ts';
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { problemText, type SpecReading } from '../specs/read-object.ts';
import { maxUserCredentials } from './user-body.ts';

export function readUser({ spec }: SluiceObject): SpecReading<ProxyUserSpec> {
  const problems = findSpecProblems('ProxyUser', spec).map(problemText);
  if (problems.length > 0) return { spec: null, problems };
  // The reader of the contract has just judged it.
  const user = spec as ProxyUserSpec;
  const count = (user.password === undefined ? 0 : 1) + (user.credentials?.length ?? 0);
  if (count <= maxUserCredentials) return { spec: user, problems };
  return {
    spec: null,
    problems: [`spec has ${count} credentials, password included (use ${maxUserCredentials} at most)`],
  };
}
