/**
 * The client's messages of SOCKS5, made byte by byte, wrong ones too: nothing here checks what it is given.
 */
export function greeting(...methods: number[]): Buffer {
  return Buffer.from([5, methods.length, ...methods]);
}

export function login(user: string | Buffer, password: string | Buffer): Buffer {
  const [name, secret] = [Buffer.from(user), Buffer.from(password)];
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]);
}

export interface RequestFields {
  readonly version?: number;
  readonly command?: number;
  readonly reserved?: number;
  readonly type: number;
  /** For a domain without its length byte. */
  readonly address: readonly number[] | Buffer;
  readonly port?: number;
}

export function request({ version = 5, command = 1, reserved = 0, type, address, port = 443 }: RequestFields): Buffer {
  const length = type === 3 ? [address.length] : [];
  return Buffer.from([version, command, reserved, type, ...length, ...address, port >> 8, port & 0xff]);
}

export function domainRequest(domain: string | Buffer, port = 443): Buffer {
  return request({ type: 3, address: Buffer.isBuffer(domain) ? domain : Buffer.from(domain, 'latin1'), port });
}
