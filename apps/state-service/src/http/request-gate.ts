/**
 * How many requests are worked on at once. Those beyond are refused at once rather than queued: a client that is told to
 * come back costs nothing, a queue costs memory and answers late. Pure.
 */

export interface RequestGate {
  /** False when it is full; else the place must be left once. */
  enter(): boolean;
  leave(): void;
  readonly active: number;
}

export function createRequestGate(maxActive: number): RequestGate {
  let active = 0;
  return {
    enter() {
      if (active >= maxActive) return false;
      active += 1;
      return true;
    },
    leave() {
      active -= 1;
    },
    get active() {
      return active;
    },
  };
}
