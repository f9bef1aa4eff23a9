import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadAddon } from '../../lib/addon.ts';
import { ListenError, openListenSockets } from '../../lib/listen-sockets.ts';
import { loopback } from './test-engine.ts';

const addon = loadAddon();

function open(t: { after(stop: () => void): void }, port: number, count: number): number {
  const opened = openListenSockets(addon, loopback(port), count);
  t.after(() => opened.fds.forEach((fd) => addon.closeFd(fd)));
  assert.equal(opened.fds.length, count);
  return opened.port;
}

const fails =
  (systemCode: string): ((error: unknown) => boolean) =>
  (error) =>
    error instanceof ListenError && error.systemCode === systemCode;

describe('listening sockets', () => {
  test('a port that one socket has cannot be opened again', (t) => {
    const port = open(t, 0, 1);
    assert.throws(() => openListenSockets(addon, loopback(port), 1), fails('EADDRINUSE'));
    assert.throws(() => openListenSockets(addon, loopback(port), 4), fails('EADDRINUSE'));
  });

  test('a port that the workers of another engine share cannot be joined', (t) => {
    const port = open(t, 0, 3);
    assert.throws(() => openListenSockets(addon, loopback(port), 1), fails('EADDRINUSE'));
    assert.throws(() => openListenSockets(addon, loopback(port), 3), fails('EADDRINUSE'));
  });

  test('an address that is not of this machine is named as such', () => {
    const words = [new Uint32Array(new Uint8Array([192, 0, 2, 1]).buffer)[0] ?? 0, 0, 0, 0] as const;
    assert.throws(() => openListenSockets(addon, { family: 4, port: 0, words }, 1), fails('EADDRNOTAVAIL'));
  });

  test('a failed open leaves no descriptor behind', (t) => {
    const port = open(t, 0, 1);
    const nextFd = (): number => {
      const opened = openListenSockets(addon, loopback(0), 1);
      opened.fds.forEach((fd) => addon.closeFd(fd));
      return opened.fds[0] ?? -1;
    };
    const before = nextFd();
    for (let i = 0; i < 10; i++) assert.throws(() => openListenSockets(addon, loopback(port), 8));
    assert.equal(nextFd(), before);
  });
});
