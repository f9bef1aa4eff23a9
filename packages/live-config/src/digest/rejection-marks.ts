/**
 * Rejections that an acknowledgement has no room to spell out, each by a mark of eight characters: enough to tell for any one resource
 * whether it is among them, and nothing to be read from. Two resources in 2^48 share a mark. Pure.
 */
import { hash } from 'node:crypto';

interface Rejection {
  readonly key: string;
  readonly generation: number;
}

/** Six bytes in base64. */
const markLength = 8;

export function rejectionMark({ key, generation }: Rejection): string {
  return hash('sha256', `${key}\0${generation}`, 'base64').slice(0, markLength);
}

export function joinMarks(rejections: readonly Rejection[]): string {
  return rejections.map(rejectionMark).join('');
}

export function splitMarks(text: string): ReadonlySet<string> {
  const marks = new Set<string>();
  for (let at = 0; at < text.length; at += markLength) marks.add(text.slice(at, at + markLength));
  return marks;
}
