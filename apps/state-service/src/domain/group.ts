/** A group of users: its rules and its quota hold for each member. */
import type { Quota } from './user.ts';

export interface GroupInput {
  /** A resource name, 1 to 253 characters. */
  readonly name: string;
  /** At most 1024 characters. */
  readonly description: string | null;
  readonly quota: Quota | null;
}

export interface Group extends GroupInput {
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type GroupPatch = Partial<Omit<GroupInput, 'name'>>;

export interface GroupFilter {
  readonly namePrefix?: string;
}
