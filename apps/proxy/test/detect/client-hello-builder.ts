/**
 * Builds ClientHello flights byte by byte, valid or broken in one chosen place, for tests that need a form no client at hand
 * sends. Independent of the parser under test: it shares no code with src/detect.
 */

export interface Extension {
  readonly type: number;
  readonly content: Buffer;
}

export interface ClientHelloOptions {
  readonly clientVersion?: number;
  readonly sessionId?: Buffer;
  readonly cipherSuites?: readonly number[];
  /** In this order; null: a hello without an extension block (as before TLS 1.2). */
  readonly extensions?: readonly Extension[] | null;
}

export interface RecordOptions {
  /** Content bytes of each record, the last size repeated; default: one record (of 2^14 at most). */
  readonly sizes?: readonly number[];
  readonly version?: number;
}

const maxRecordBytes = 16_384;

/** A hello for `name` in one record, as a TLS 1.3 client without frills sends it. */
export function helloFor(name: string, alpn: readonly string[] = []): Buffer {
  const offered = alpn.length > 0 ? [alpnExtension(alpn)] : [];
  return toRecords(buildClientHello({ extensions: [serverName(name), ...offered, supportedVersions()] }));
}

/** The handshake message: header and body, without record headers. */
export function buildClientHello(options: ClientHelloOptions = {}): Buffer {
  const suites = options.cipherSuites ?? [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0x00ff];
  const extensions = options.extensions === undefined ? [supportedVersions()] : options.extensions;
  const body = Buffer.concat([
    uint16(options.clientVersion ?? 0x0303),
    Buffer.alloc(32, 0xa5),
    withLength8(options.sessionId ?? Buffer.alloc(32, 0x5a)),
    withLength16(Buffer.concat(suites.map(uint16))),
    withLength8(Buffer.of(0)),
    extensions === null ? Buffer.alloc(0) : withLength16(Buffer.concat(extensions.map(encodeExtension))),
  ]);
  return handshakeMessage(1, body);
}

export function handshakeMessage(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff), body]);
}

export function toRecords(message: Buffer, options: RecordOptions = {}): Buffer {
  const sizes = options.sizes ?? [maxRecordBytes];
  const records: Buffer[] = [];
  let position = 0;
  while (position < message.length) {
    const size = sizes[Math.min(records.length, sizes.length - 1)] ?? maxRecordBytes;
    const content = message.subarray(position, position + size);
    records.push(tlsRecord(22, content, options.version ?? 0x0301));
    position += size;
  }
  return Buffer.concat(records);
}

export function tlsRecord(type: number, content: Buffer, version = 0x0303): Buffer {
  return Buffer.concat([Buffer.of(type), uint16(version), withLength16(content)]);
}

/** server_name with these entries of type host_name, whatever they hold. */
export function serverName(...names: readonly (string | Buffer)[]): Extension {
  const entries = names.map((name) => Buffer.concat([Buffer.of(0), withLength16(Buffer.from(name))]));
  return { type: 0, content: withLength16(Buffer.concat(entries)) };
}

export function alpnExtension(names: readonly string[]): Extension {
  return {
    type: 16,
    content: withLength16(Buffer.concat(names.map((name) => withLength8(Buffer.from(name, 'latin1'))))),
  };
}

export function supportedVersions(...extra: readonly number[]): Extension {
  return { type: 43, content: withLength8(Buffer.concat([...extra, 0x0304, 0x0303].map(uint16))) };
}

/** `bytes` is the public key's length: 32 for X25519, 1216 for X25519MLKEM768. */
export function keyShare(...shares: readonly { readonly group: number; readonly bytes: number }[]): Extension {
  const entries = shares.map(({ group, bytes }) =>
    Buffer.concat([uint16(group), withLength16(Buffer.alloc(bytes, 0x42))]),
  );
  return { type: 51, content: withLength16(Buffer.concat(entries)) };
}

export function filler(type: number, bytes: number): Extension {
  return { type, content: Buffer.alloc(bytes) };
}

function withLength8(content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(content.length), content]);
}

export function withLength16(content: Buffer): Buffer {
  return Buffer.concat([uint16(content.length), content]);
}

export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function encodeExtension(extension: Extension): Buffer {
  return Buffer.concat([uint16(extension.type), withLength16(extension.content)]);
}
