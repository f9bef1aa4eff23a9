/**
 * What the main isolate and the decision isolate say to each other. Plain data by structured clone; one request is under
 * way at a time, answered by the reply of its kind. A change of users may come between the parts of a configuration: what is
 * staged of the two is apart.
 */
import type { EffectiveConfig, RouteConfig } from '../config/effective-config.ts';
import type { RouteEdit } from '../routing/route-edits.ts';
import type { BoundListener, ListenFailure } from '../session/listener-set.ts';
import type { RecordBatch } from '../session/record-batch.ts';
import type { PackedUser } from '../users/packed-user.ts';
import type { UserPart } from '../users/user-directory.ts';

export type DriveMode = 'InLoop' | 'Threads' | 'Handoff';

/** How the engine is started; fixed for the life of the process. */
export interface EnginePlan {
  readonly mode: DriveMode;
  readonly threads: number;
  readonly fdBudget: number;
  readonly datapath: EffectiveConfig['datapath'];
}

export interface IsolateStart {
  readonly plan: EnginePlan;
}

/** A configuration without what comes in parts. */
export type ConfigFrame = Omit<EffectiveConfig, 'routes' | 'users' | 'zone' | 'control'>;

/** `Kept`: no part had users, and those of the file stay. */
export type FileUsers = 'Replaced' | 'Kept';

export interface PrepareRequest {
  readonly frame: ConfigFrame;
  readonly fileUsers: FileUsers;
  /** Of the routes in force; null: the parts had all there are. */
  readonly edits: readonly RouteEdit[] | null;
}

export type IsolateRequest =
  /** A part of the configuration that the next `prepare` is about: a large one comes in many, with traffic in between. */
  | { readonly kind: 'part'; readonly routes: readonly RouteConfig[]; readonly users: readonly PackedUser[] }
  /** Compile and bind; nothing is in force yet. */
  | (PrepareRequest & { readonly kind: 'prepare' })
  | { readonly kind: 'commit' }
  | { readonly kind: 'abort' }
  /** A part of a change of the live users. `begins`: what was staged before is dropped; a whole change is all there is. */
  | { readonly kind: 'stageUsers'; readonly begins: 'Change' | 'Whole' | null; readonly part: UserPart }
  /** Answered when the next change may come; in force at once. */
  | { readonly kind: 'commitUsers' }
  /** Stop accepting; answer when every connection has ended or the time is over, and what is left has been cut. */
  | { readonly kind: 'drain'; readonly timeoutMs: number };

export type IsolateReply =
  | { readonly kind: 'started'; readonly regions: readonly SharedArrayBuffer[]; readonly pauses: SharedArrayBuffer }
  | { readonly kind: 'taken' }
  | { readonly kind: 'prepared' }
  /** The edits touch more than can be compiled at once: all routes are wanted, in parts. */
  | { readonly kind: 'partsWanted' }
  | { readonly kind: 'refused'; readonly failures: readonly ListenFailure[] }
  | { readonly kind: 'committed'; readonly listeners: readonly BoundListener[] }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'usersStaged' }
  | { readonly kind: 'usersCommitted' }
  /** A request could not be done; nothing has changed. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'drained'; readonly cut: number }
  | { readonly kind: 'records'; readonly batch: RecordBatch }
  | { readonly kind: 'limits'; readonly limits: Readonly<Record<string, number>> }
  /** A defect of ours was caught; the connection it hit is closed, all else goes on. */
  | { readonly kind: 'defect'; readonly message: string };
