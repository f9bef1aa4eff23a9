/**
 * PROXY protocol version 2: a 12-byte signature, command, family, length, then addresses and TLVs. Every TLV must lie
 * within the header, and every CRC32c TLV must hold; what other TLVs say is not read.
 */
import { byteAt, uint16At } from './byte-at.ts';
import { crc32cWithHole } from './crc32c.ts';
import type { ProxyProtocolHeader, Verdict } from './detection.ts';
import { readIPv4, readIPv6 } from './transport-address.ts';
import { decided, needMore, notThis } from './verdict.ts';

/**
 * Addresses and TLVs together. AWS (VPC endpoint id), GCP (PSC id) and Azure send under 100 bytes of TLVs, but HAProxy may
 * send the client's certificate whole (PP2_SUBTYPE_SSL_CLIENT_CERT, 1 to 4 KB): 536 bytes, the least a receiver must take
 * (section 2.2), would refuse those, and the field itself allows 64 KiB.
 */
const maxBodyBytes = 8192;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = 16;
const tlvHeaderBytes = 3;
const crc32cType = 0x03;

const localCommand = 0x20;
const proxyCommand = 0x21;

const ignored = -1;
const ipv4Bytes = 12;
const ipv6Bytes = 36;
const unixBytes = 216;

/** Bytes of addresses by the family byte (section 2.2): other values "must be rejected as invalid by receivers". */
const addressBytesOf: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, ipv4Bytes],
  [0x12, ipv4Bytes],
  [0x21, ipv6Bytes],
  [0x22, ipv6Bytes],
  [0x31, unixBytes],
  [0x32, unixBytes],
]);

export function parseProxyProtocolV2(bytes: Buffer, start: number, end: number): Verdict<ProxyProtocolHeader> {
  const signatureEnd = Math.min(end, start + signature.length);
  for (let index = start; index < signatureEnd; index++) {
    if (byteAt(bytes, index) !== byteAt(signature, index - start)) return notThis;
  }
  if (start + fixedBytes > end) return needMore;
  const bodyBytes = uint16At(bytes, start + 14);
  const headerEnd = start + fixedBytes + bodyBytes;
  const addressBytes = addressBytesIn(byteAt(bytes, start + 12), byteAt(bytes, start + 13));
  if (bodyBytes > maxBodyBytes || addressBytes === undefined || addressBytes > bodyBytes) return notThis;
  if (headerEnd > end) return needMore;
  const length = headerEnd - start;
  if (addressBytes === ignored) return decided({ length, source: null, destination: null });
  const addresses = start + fixedBytes;
  if (!areTlvsValid(bytes, start, addresses + addressBytes, headerEnd)) return notThis;
  return decided({ length, ...readAddresses(bytes, addresses, addressBytes) });
}

/** How long the addresses are, `ignored` with all that follows them, or undefined: a command or family to be refused. */
function addressBytesIn(command: number, family: number): number | undefined {
  // "discard the protocol block including the family which is ignored" (section 2.2).
  if (command === localCommand) return ignored;
  return command === proxyCommand ? addressBytesOf.get(family) : undefined;
}

function areTlvsValid(bytes: Buffer, start: number, tlvs: number, end: number): boolean {
  let position = tlvs;
  while (position < end) {
    const value = position + tlvHeaderBytes;
    if (value > end) return false;
    const next = value + uint16At(bytes, position + 1);
    if (next > end) return false;
    if (byteAt(bytes, position) === crc32cType) {
      if (next - value !== 4) return false;
      if (crc32cWithHole(bytes, start, end, value) !== bytes.readUInt32BE(value)) return false;
    }
    position = next;
  }
  return true;
}

function readAddresses(bytes: Buffer, position: number, addressBytes: number): Omit<ProxyProtocolHeader, 'length'> {
  if (addressBytes === ipv4Bytes) {
    return {
      source: { address: readIPv4(bytes, position), port: uint16At(bytes, position + 8) },
      destination: { address: readIPv4(bytes, position + 4), port: uint16At(bytes, position + 10) },
    };
  }
  if (addressBytes === ipv6Bytes) {
    return {
      source: { address: readIPv6(bytes, position), port: uint16At(bytes, position + 32) },
      destination: { address: readIPv6(bytes, position + 16), port: uint16At(bytes, position + 34) },
    };
  }
  return { source: null, destination: null };
}
