/**
 * A small valid TLS 1.3 ClientHello (RFC 8446 section 4.1.2) as one record: for tests that need a name on the wire and no
 * handshake. `random` is free to carry a connection's identity to the origin.
 */
export interface ClientHelloOptions {
  readonly serverName?: string;
  readonly alpn?: readonly string[];
  /** 32 bytes; zeros if absent. */
  readonly random?: Buffer;
  /** Pads the hello to at least so many bytes. */
  readonly minimumBytes?: number;
}

function vector(lengthBytes: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

function extension(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, vector(2, content)]);
}

function extensionsOf(options: ClientHelloOptions): Buffer[] {
  const extensions = [extension(0x002b, vector(1, Buffer.from([0x03, 0x04])))];
  if (options.serverName !== undefined) {
    const entry = Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(options.serverName))]);
    extensions.push(extension(0x0000, vector(2, entry)));
  }
  if (options.alpn !== undefined) {
    const names = options.alpn.map((name) => vector(1, Buffer.from(name)));
    extensions.push(extension(0x0010, vector(2, Buffer.concat(names))));
  }
  return extensions;
}

function assemble(options: ClientHelloOptions, extensions: Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([0x03, 0x03]),
    options.random ?? Buffer.alloc(32),
    vector(1, Buffer.alloc(0)),
    vector(2, Buffer.from([0x13, 0x01, 0x13, 0x02])),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(extensions)),
  ]);
  const handshake = Buffer.concat([Buffer.from([0x01]), vector(3, body)]);
  return Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), vector(2, handshake)]);
}

/** Builds the record. */
export function buildClientHello(options: ClientHelloOptions = {}): Buffer {
  const extensions = extensionsOf(options);
  const missing = (options.minimumBytes ?? 0) - assemble(options, extensions).length;
  if (missing > 0) extensions.push(extension(0x0015, Buffer.alloc(Math.max(0, missing - 4))));
  return assemble(options, extensions);
}
