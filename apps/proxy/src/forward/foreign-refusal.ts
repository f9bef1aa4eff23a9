/**
 * What a forward proxy says before it closes to clients of protocols it does not speak, each in their own: so that a person
 * sees a refusal in place of a broken connection. Constants; nothing a client sent is in them.
 */

/** "Request rejected or failed": VN 0, CD 0x5b, port and address without meaning. */
export const socks4Rejected: Buffer = Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]);

/**
 * A fatal alert, handshake_failure (RFC 8446 section 6.2). Record version 3.1: no version has been agreed on, and each client
 * takes that one from a server it has not yet heard.
 */
export const tlsHandshakeFailure: Buffer = Buffer.from([21, 3, 1, 0, 2, 2, 40]);

/** An empty SETTINGS frame, which a server's side begins with, and GOAWAY: HTTP_1_1_REQUIRED (RFC 9113 sections 3.4, 6.8, 7). */
export const http2GoAway: Buffer = Buffer.from([
  ...[0, 0, 0, 4, 0, 0, 0, 0, 0],
  ...[0, 0, 8, 7, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 13],
]);

/** A banner and SSH_MSG_DISCONNECT: SERVICE_NOT_AVAILABLE (RFC 4253 sections 4.2, 6, 11.1), which needs no key exchange. */
export const sshDisconnect: Buffer = Buffer.concat([
  Buffer.from('SSH-2.0-sluice\r\n', 'latin1'),
  sshPacket(
    Buffer.concat([Buffer.from([1, 0, 0, 0, 7]), sshText('this is a forward proxy, not an SSH server'), sshText('')]),
  ),
]);

function sshText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Unencrypted: length, padding length, payload, padding of 4 bytes at least, a multiple of 8 in all. */
function sshPacket(payload: Buffer): Buffer {
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(packet.length - 4);
  packet[4] = padding;
  payload.copy(packet, 5);
  return packet;
}
