/**
 * The admin listener could not be bound: at the start the process ends with it, in a reload it rejects the whole.
 */
import type { BindAddress } from '../config/effective-config.ts';

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use (stop who listens there, or set admin.bind to another port)',
  EADDRNOTAVAIL: 'this machine has no such address (set admin.bind to one it has)',
  EACCES: 'not permitted (set admin.bind to a port from 1024 on)',
  EAFNOSUPPORT: 'this machine has no such address family (set admin.bind to an address of the other)',
};

export class AdminBindError extends Error {
  readonly code = 'ADMIN_BIND_FAILED';
  override readonly name = 'AdminBindError';
  readonly bind: BindAddress;

  constructor(bind: BindAddress, cause: unknown) {
    const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    super(`cannot bind the admin listener to ${bind.text}: ${remedies[errno] ?? errno}`, { cause });
    this.bind = bind;
  }
}
