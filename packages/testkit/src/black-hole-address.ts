/**
 * An address that never answers a SYN: a listener stopped by a signal whose accept queue is full (Linux drops the SYN then,
 * tcp(7) tcp_abort_on_overflow). Needs no privilege and no second machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Address } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { pause } from './pause.ts';

const program = `const server = require('node:net').createServer();
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));`;

/** Answers whether a connect to `address` is still unanswered after 300 ms. */
async function fill(address: Address, sockets: Socket[]): Promise<boolean> {
  const socket = connect(address.port, address.host);
  sockets.push(socket);
  socket.on('error', () => {});
  return await Promise.race([once(socket, 'connect').then(() => false), pause(300).then(() => true)]);
}

/** Returns an address on which every connect hangs until its own deadline. */
export async function openBlackHole(scope: CleanupScope): Promise<Address> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sockets: Socket[] = [];
  scope.after(() => {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  child.kill('SIGSTOP');
  const address = { host: '127.0.0.1', port: Number(line) };
  for (let attempt = 0; attempt < 16; attempt += 1) {
    if (await fill(address, sockets)) return address;
  }
  throw new Error('the accept queue never filled');
}
