/**
 * What a pattern cannot say of a text, in CEL, by format: the readers of text-format.ts once more, for the API server. Rules end
 * early where a pattern is broken, which the API server reports beside them. Not here, since the budget of CEL is too small:
 * texts in lists of lists, and the costs of verifiers; the operator judges those (resources/spec-problems.ts).
 */
import type { TextFormat } from '../text-format.ts';
import type { CelRule } from './cel-rule.ts';

const endsInNumber = '(^|[.])([0-9]+|0[xX][0-9A-Fa-f]*)[.]?$';

const inBrackets = "self.substring(self.indexOf('[') + 1, self.indexOf(']'))";
const isBracketed = "self.contains('[') && self.contains(']')";
// isIP knows no IPv4 address written as IPv6; with another group in the place of ffff it is as good an address.
const endpointAddress = `${inBrackets}.lowerAscii().replace('ffff:', 'fffe:')`;
const endpointHost = "self.substring(self.indexOf('://') + 3, self.lastIndexOf(':'))";

const durationShape = "self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$')";
const upTo576Hours = "duration(self) <= duration('576h')";

export const formatRules: Readonly<Partial<Record<TextFormat, readonly CelRule[]>>> = {
  'positive-duration': [
    {
      rule: `${durationShape} && duration(self) > duration('0s') && ${upTo576Hours}`,
      message: 'must be a duration of 1ms to 576h: write it as 500ms, 3s or 1h30m',
    },
  ],
  'duration-or-none': [
    {
      rule: `${durationShape} && ${upTo576Hours}`,
      message: 'must be a duration of 576h at most, 0s for no limit: write it as 500ms, 3s or 1h30m',
    },
  ],
  cidr: [
    {
      rule: 'isCIDR(self) && cidr(self) == cidr(self).masked()',
      message:
        'must be a network without host bits: write 10.0.0.0/8 or 2001:db8::/32, and /32 or /128 for one address',
    },
  ],
  'host-pattern': [
    {
      rule: `!self.matches('${endsInNumber}') && self.size() <= (self.startsWith('*.') ? 255 : 253) + (self.endsWith('.') ? 1 : 0)`,
      message:
        'must be a host name or *. before one: write www.example.com or *.example.com, other alphabets as A-labels (xn--), no address',
    },
  ],
  'bind-address': [
    {
      rule: `${isBracketed} ? isIP(${inBrackets}) && ip(${inBrackets}).family() == 6 : isIP(self.split(':')[0])`,
      message: 'must be an IP address and a port: write 0.0.0.0:443, [::]:443 or 127.0.0.1:443, no name',
    },
  ],
  'endpoint-url': [
    {
      rule: `self.startsWith('unix:') || !(${isBracketed}) || !self.startsWith('tcp4:') && isIP(${endpointAddress}) && ip(${endpointAddress}).family() == 6`,
      message: 'must have an IPv6 address in the brackets: write tcp://[2001:db8::1]:443 or tcp6://[2001:db8::1]:443',
    },
    {
      rule: `self.startsWith('unix:') || !self.matches('[.:/]([0-9]+|0[xX][0-9A-Fa-f]*)[.]?:[0-9]+$') || !self.startsWith('tcp6:') && isIP(${endpointHost})`,
      message: 'must name a host or have an IPv4 address: write tcp://www.example.com:443 or tcp://10.0.0.1:443',
    },
    {
      rule: "self.startsWith('unix:') || self.lastIndexOf(':') - self.indexOf('://') <= (self.contains('.:') ? 257 : 256)",
      message: 'must have a host name of 253 characters at most: use a shorter one',
    },
    {
      rule: "!self.startsWith('unix:') || size(bytes(self)) <= (self.startsWith('unix://') ? 114 : 112)",
      message: 'must have a path of 107 bytes at most: use a shorter one',
    },
  ],
};
