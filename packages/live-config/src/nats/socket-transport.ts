/**
 * The bytes under one NATS connection: TCP, TLS when the server or the configuration wants it. The client library brings a
 * transport of its own; it keeps the socket of an attempt that timed out, which then keeps the process alive, cannot give
 * an attempt up, and lets a disconnect wait for a peer that does not read. This one ends with its signal, in every phase.
 */
import { createConnection, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, Server, ServerInfo } from '@nats-io/nats-core';
import type { Transport } from '@nats-io/nats-core/internal';
import type { TlsMaterial } from './connection-material.ts';

export interface SocketOptions extends ConnectionOptions {
  readonly signal: AbortSignal;
  /** null: TLS only when the server insists, with the system's authorities. */
  readonly tlsMaterial: TlsMaterial | null;
}

const maxInfoBytes = 256 * 1024;
/** A peer that does not read is given up before what waits for it fills the memory. */
const maxUnsentBytes = 64 * 1024 * 1024;
const lineEnd = '\r\n';

export class SocketTransport implements Transport {
  readonly lang = 'node';
  readonly version = '3.4.0';
  readonly #ended = Promise.withResolvers<void | Error>();
  #socket: Socket | undefined;
  #isConnected = false;
  #isClosed = false;
  #isEncrypted = false;
  #chunks: Uint8Array[] = [];
  #arrival = Promise.withResolvers<void>();
  #error: Error | undefined;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get closeError(): Error {
    return this.#error ?? new Error('the server closed the connection');
  }

  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    const { signal, tlsMaterial } = options as SocketOptions;
    const { hostname: host, port } = server;
    try {
      const socket = this.#use(createConnection({ host, port, noDelay: true, signal }));
      await this.#until(socket, 'connect');
      const info = await this.#readInfo(socket);
      const isTls = tlsMaterial !== null || info.tls_required === true;
      if (isTls && info.tls_required !== true && info.tls_available !== true) {
        throw new Error('TLS is configured and this server has none');
      }
      const carrier = isTls ? await this.#encrypt(socket, host, tlsMaterial ?? {}) : socket;
      this.#carry(carrier);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    for (;;) {
      const chunks = this.#chunks;
      this.#chunks = [];
      yield* chunks;
      if (this.#chunks.length > 0) continue;
      if (this.#isClosed) return;
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  send(frame: Uint8Array): void {
    const socket = this.#socket;
    if (this.#isClosed || socket === undefined) return;
    socket.write(frame);
    if (socket.writableLength > maxUnsentBytes) {
      socket.destroy(new Error(`the server does not read: ${socket.writableLength} bytes wait for it`));
    }
  }

  async close(reason?: Error): Promise<void> {
    this.#error ??= reason;
    this.#end();
    await Promise.resolve();
  }

  disconnect(): void {
    this.#end();
  }

  async closed(): Promise<void | Error> {
    return await this.#ended.promise;
  }

  discard(): void {
    this.#isConnected = false;
    this.#end();
  }

  #use(socket: Socket): Socket {
    this.#socket = socket;
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    return socket;
  }

  async #until(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      socket.once(event, resolve);
      socket.once('close', () => reject(this.closeError));
    });
  }

  /** Waits for the line the server begins with, which says whether it wants TLS. It stays for the reader. */
  async #readInfo(socket: Socket): Promise<ServerInfo> {
    const line = await new Promise<string>((resolve, reject) => {
      socket.once('close', () => reject(this.closeError));
      socket.on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        const text = Buffer.concat(this.#chunks).toString('latin1');
        if (text.includes(lineEnd)) resolve(Buffer.concat(this.#chunks).toString().split(lineEnd, 1)[0] ?? '');
        else if (text.length > maxInfoBytes)
          reject(new Error('this is not a NATS server: its first line does not end'));
      });
    });
    socket.pause();
    socket.removeAllListeners('data');
    if (!line.startsWith('INFO ')) throw new Error('this is not a NATS server: it does not begin with INFO');
    return JSON.parse(line.slice('INFO '.length)) as ServerInfo;
  }

  async #encrypt(socket: Socket, host: string, material: TlsMaterial): Promise<Socket> {
    const name = isIP(host) === 0 ? { servername: host } : {};
    // With TLS 1.2 as Node's own minimum; the certificate must be valid for the host, name or address.
    const encrypted = this.#use(connectTls({ socket, host, ...name, ...material }));
    await this.#until(encrypted, 'secureConnect');
    this.#isEncrypted = true;
    return encrypted;
  }

  #carry(socket: Socket): void {
    if (this.#isClosed || socket.destroyed) throw this.closeError;
    this.#isConnected = true;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#arrival.resolve();
    });
    socket.once('close', () => this.#end());
    socket.resume();
  }

  #end(): void {
    this.#socket?.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#arrival.resolve();
    // An attempt that failed is told to who waits for the attempt, not as the end of a connection.
    if (this.#isConnected) this.#ended.resolve(this.#error);
  }
}
