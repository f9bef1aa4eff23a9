/** `host:port` taken apart at the last colon, IPv6 in brackets; says which part is missing, judges neither host nor port range. */
import { invalidText, type TextResult, validText } from './text-result.ts';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly isBracketed: boolean;
  readonly port: number;
}

const shape = /^(?:\[([^\]]*)\]|([^:[\]]*)):(0|[1-9][0-9]{0,4})$/;

/** Host and port (0..65535, no leading zeros); invalid when either is missing or IPv6 has no brackets. */
export function parseHostPort(text: string): TextResult<HostPort> {
  const match = shape.exec(text);
  if (match === null) {
    if (/^\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) {
      return invalidText('has an IPv6 address without brackets', 'write it as [::1]:443');
    }
    if (/^[0-9]{1,5}$/.test(text))
      return invalidText('is a port without an address', `write 127.0.0.1:${text}, 0.0.0.0:${text} or [::]:${text}`);
    if (!/:[^\]]*$/.test(text)) return invalidText('has no port', 'write host:port, IPv6 in brackets');
    return invalidText(
      'is not host:port',
      'write host:port with a port from 0 to 65535 in plain digits, IPv6 in brackets',
    );
  }
  const [, bracketed, bare, portText = ''] = match;
  const port = Number(portText);
  if (port > 65_535) return invalidText(`has port ${port}, above 65535`, 'use a port from 0 to 65535');
  return validText({ host: bracketed ?? bare ?? '', isBracketed: bracketed !== undefined, port });
}
