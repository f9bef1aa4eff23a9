/** Whom a rule concerns, one user or all members of a group: locked before, touched after, within bounds. */
import type { Session } from '../database/session.ts';
import type { AclSubject } from '../domain/acl-rule.ts';
import { NotFoundError } from '../domain/state-error.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { lockGroup, lockUser, requireMembersRulesInBounds, requireRulesInBounds } from './locked-subject.ts';

export interface RuleSubjects {
  /** Rejects with NotFoundError. */
  lock(subject: AclSubject): Promise<void>;
  touch(subject: AclSubject): Promise<void>;
  /** After `touch`: the members' rows are locked then. Rejects with LimitExceededError. */
  requireBounds(subject: AclSubject): Promise<void>;
}

export function createRuleSubjects(session: Session, recorder: ChangeRecorder): RuleSubjects {
  return {
    async lock(subject) {
      if (subject.user !== undefined) {
        await lockUser(session, subject.user);
        return;
      }
      await recorder.lockWide();
      if (!(await lockGroup(session, subject.group))) throw new NotFoundError('Group', subject.group);
    },
    async touch(subject) {
      if (subject.user !== undefined) await recorder.touchUsers([subject.user]);
      else await recorder.touchMembers(subject.group, { isLeaving: false });
    },
    async requireBounds(subject) {
      if (subject.user !== undefined) await requireRulesInBounds(session, subject.user);
      else await requireMembersRulesInBounds(session, subject.group);
    },
  };
}
