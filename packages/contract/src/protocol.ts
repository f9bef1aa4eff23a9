/**
 * The protocol names that detection reports and routes match on. `Unknown` is a decision, not an absence: bytes that fit
 * nothing looked for, silence, or a broken start (design section "Detection").
 */

/** Protocols a listener can look for, in the spelling of the configuration schema. */
export const detectableProtocols = ['TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5'] as const;

export type DetectableProtocol = (typeof detectableProtocols)[number];

export type Protocol = DetectableProtocol | 'Unknown';
