/**
 * Valid ClientHello forms that a router must read as the server does: the ones on which other SNI routers fell over, each as
 * the whole first flight for one name and ALPN `h2`, `http/1.1` (where the form has any).
 */
import {
  alpnExtension,
  buildClientHello,
  type ClientHelloOptions,
  type Extension,
  filler,
  keyShare,
  serverName,
  supportedVersions,
  tlsRecord,
  toRecords,
  withLength16,
} from './client-hello-builder.ts';

export interface ClientHelloForm {
  readonly title: string;
  readonly flight: Buffer;
  readonly alpn: readonly string[];
}

const alpn = ['h2', 'http/1.1'];
const grease = 0x1a1a;
const changeCipherSpec = tlsRecord(20, Buffer.of(1));
const earlyData = tlsRecord(23, Buffer.alloc(200, 0x17));

const paddingType = 21;
const sessionTicketType = 35;
const preSharedKeyType = 41;
const earlyDataType = 42;
const pskModesType = 45;
const echType = 0xfe0d;

/** Every form, for `name` (lower case). */
export function validClientHelloForms(name: string): readonly ClientHelloForm[] {
  const message = (more: readonly Extension[] = [], options: ClientHelloOptions = {}): Buffer =>
    buildClientHello({
      extensions: [serverName(name), alpnExtension(alpn), supportedVersions(), keyShare(x25519), ...more],
      ...options,
    });
  const plain = message();
  const large = message([filler(paddingType, 16_384 - plain.length - 4)]);
  const form = (title: string, flight: Buffer, offered = alpn): ClientHelloForm => ({ title, flight, alpn: offered });
  return [
    form('TLS 1.3 in one record', toRecords(plain)),
    form('TLS 1.2 in one record', toRecords(oldHello(name, 0x0303), { version: 0x0303 })),
    form('TLS 1.0 in one record', toRecords(oldHello(name, 0x0301))),
    form('SSL 3.0 record version', toRecords(plain, { version: 0x0300 })),
    form('record version 0304', toRecords(plain, { version: 0x0304 })),
    form('name in upper case', toRecords(withName(name.toUpperCase()))),
    form('name with a trailing dot', toRecords(withName(`${name}.`))),
    form('name in the last extension', toRecords(lastName(name))),
    form('unknown name type before the name', toRecords(unknownNameType(name))),
    form('no ALPN', toRecords(buildClientHello({ extensions: [serverName(name), supportedVersions()] })), []),
    form('no session id', toRecords(message([], { sessionId: Buffer.alloc(0) }))),
    form('GREASE in suites, extensions, versions and groups', toRecords(greased(name))),
    form('post-quantum key share of 1216 bytes', toRecords(postQuantum(name))),
    form('encrypted inner hello (ECH) behind this outer name', toRecords(message([filler(echType, 297)]))),
    form('resumption with session ticket', toRecords(message([filler(sessionTicketType, 208)]))),
    form('4.2 KB in one record', toRecords(message([filler(paddingType, 4000)]))),
    form('16.3 KB in one record', toRecords(large)),
    form('two records', toRecords(plain, { sizes: [100] })),
    form('records of 64 bytes', toRecords(plain, { sizes: [64] })),
    form('first record of one byte', toRecords(plain, { sizes: [1, 16_384] })),
    form('records of one byte', toRecords(plain, { sizes: [1] })),
    form('more than one full record', toRecords(message([filler(paddingType, 20_000)]))),
    form('change cipher spec in the same read', Buffer.concat([toRecords(plain), changeCipherSpec])),
    form('early data in the same read', Buffer.concat([toRecords(resumed(name)), changeCipherSpec, earlyData])),
  ];
}

const x25519 = { group: 0x001d, bytes: 32 };
const x25519MlKem768 = { group: 0x11ec, bytes: 1216 };

function withName(name: string): Buffer {
  return buildClientHello({ extensions: [serverName(name), alpnExtension(alpn), supportedVersions()] });
}

function oldHello(name: string, clientVersion: number): Buffer {
  const cipherSuites = [0xc014, 0xc00a, 0x0039, 0x002f, 0x0005, 0x00ff];
  return buildClientHello({ clientVersion, cipherSuites, extensions: [serverName(name), alpnExtension(alpn)] });
}

function lastName(name: string): Buffer {
  return buildClientHello({
    extensions: [
      supportedVersions(),
      keyShare(x25519),
      filler(paddingType, 300),
      alpnExtension(alpn),
      serverName(name),
    ],
  });
}

function unknownNameType(name: string): Buffer {
  const entry = (type: number, text: string): Buffer =>
    Buffer.concat([Buffer.of(type), withLength16(Buffer.from(text))]);
  const content = withLength16(Buffer.concat([entry(7, 'other.example'), entry(0, name)]));
  return buildClientHello({ extensions: [{ type: 0, content }, alpnExtension(alpn), supportedVersions()] });
}

function greased(name: string): Buffer {
  return buildClientHello({
    cipherSuites: [grease, 0x1301, 0x1302],
    extensions: [
      filler(0x4a4a, 0),
      serverName(name),
      supportedVersions(grease),
      keyShare({ group: grease, bytes: 1 }, x25519),
      alpnExtension(alpn),
      filler(0xdada, 1),
    ],
  });
}

function postQuantum(name: string): Buffer {
  const shares = keyShare({ group: grease, bytes: 1 }, x25519MlKem768, x25519);
  return buildClientHello({ extensions: [shares, supportedVersions(grease), alpnExtension(alpn), serverName(name)] });
}

/** As RFC 8446 section 4.2.11 wants it: pre_shared_key last. */
function resumed(name: string): Buffer {
  return buildClientHello({
    extensions: [
      serverName(name),
      alpnExtension(alpn),
      supportedVersions(),
      keyShare(x25519),
      { type: pskModesType, content: Buffer.of(1, 1) },
      filler(earlyDataType, 0),
      filler(preSharedKeyType, 250),
    ],
  });
}
