/** Which proxies have a published user in force, as the HTTP side asks for it. */
import type { Publication } from './managed-user.ts';

export interface UserRollout {
  readonly acknowledged: number;
  readonly rejections: readonly { readonly proxy: string; readonly reason: string }[];
}

export interface UserRollouts {
  /** Proxies that acknowledged something lately. */
  readonly liveProxies: number;
  /** Every live proxy must have been heard by now. */
  readonly isSettled: boolean;
  of(user: {
    readonly name: string;
    readonly generation: number;
    readonly publication: Publication | null;
  }): UserRollout;
}
