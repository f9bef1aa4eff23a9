/**
 * What each role may do on the NATS server, and the server's own text for it. `deploy/nats/users.conf` is this text for one
 * of each role; a test keeps the two alike, another proves every line against a real server, allowed and denied. Pure.
 */
import { type ConfigRange, rangeFilters } from '@sluice/contract/config-key.ts';
import { ackSubject, allAckSubjects, snapshotBucket } from '@sluice/contract/config-subjects.ts';
import { configStream, keyPrefix, snapshotStream } from './bucket-stream.ts';

export type NatsRole =
  /** Publishes the range `users`. */
  | { readonly kind: 'StateService' }
  /** Publishes the range `routing`. */
  | { readonly kind: 'Operator' }
  /** Reads, and acknowledges as itself. */
  | { readonly kind: 'Proxy'; readonly id: string }
  /** Proxies that come and go with one key between them: each acknowledges under any id, and could read what is answered to another. */
  | { readonly kind: 'ProxyFleet' }
  /** A person who repairs. */
  | { readonly kind: 'Admin' };

export interface NatsUser {
  readonly role: NatsRole;
  /** The public key, `U…`. */
  readonly nkey: string;
}

export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The inbox that a role's bus must be given. */
export function natsInboxOf(role: NatsRole): string {
  switch (role.kind) {
    case 'StateService':
      return 'state-service';
    case 'Operator':
      return 'operator';
    case 'Proxy':
      return role.id;
    case 'ProxyFleet':
      return 'proxies';
    case 'Admin':
      return 'admin';
  }
}

/** The subjects a role may publish to and subscribe to; everything else is denied. */
export function natsPermissionsOf(role: NatsRole): NatsPermissions {
  const inbox = `_INBOX_${natsInboxOf(role)}.>`;
  switch (role.kind) {
    case 'StateService':
      return publisherPermissions('users', inbox);
    case 'Operator':
      return publisherPermissions('routing', inbox);
    case 'Proxy':
      return { publish: [...readingSubjects(), ackSubject(role.id)], subscribe: [inbox] };
    case 'ProxyFleet':
      return { publish: [...readingSubjects(), allAckSubjects], subscribe: [inbox] };
    case 'Admin':
      return { publish: ['>'], subscribe: ['>'] };
  }
}

/** The `users` of a server's account, as its configuration spells them. */
export function renderNatsUsers(users: readonly NatsUser[]): string {
  return `users: [\n${users.map(renderUser).join('')}]\n`;
}

function renderUser({ role, nkey }: NatsUser): string {
  const { publish, subscribe } = natsPermissionsOf(role);
  return [
    `  # ${role.kind}${role.kind === 'Proxy' ? ` ${role.id}` : ''}`,
    `  { nkey: ${nkey}, permissions: {`,
    `    publish: ${renderList(publish)}`,
    `    subscribe: ${renderList(subscribe)}`,
    '  } }',
    '',
  ].join('\n');
}

function renderList(subjects: readonly string[]): string {
  return `[\n${subjects.map((subject) => `      ${JSON.stringify(subject)}\n`).join('')}    ]`;
}

function publisherPermissions(range: ConfigRange, inbox: string): NatsPermissions {
  return {
    publish: [
      ...readingSubjects(),
      ...rangeFilters(range).map((filter) => `${keyPrefix}${filter}`),
      ...[configStream, snapshotStream].map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
      `$O.${snapshotBucket}.>`,
      `$JS.API.STREAM.INFO.${snapshotStream}`,
      `$JS.API.STREAM.PURGE.${snapshotStream}`,
    ],
    subscribe: [inbox, allAckSubjects],
  };
}

/**
 * Watching, reading keys and reading blobs. Consumers only on the configuration itself, whose messages the server refuses
 * to deliver back into it; none on the snapshots, where a publisher chooses what the messages are.
 */
function readingSubjects(): readonly string[] {
  return [
    `$JS.API.STREAM.INFO.${configStream}`,
    // Without a name for several filters, with name and filter for one.
    `$JS.API.CONSUMER.CREATE.${configStream}`,
    `$JS.API.CONSUMER.CREATE.${configStream}.>`,
    `$JS.API.CONSUMER.DELETE.${configStream}.*`,
    `$JS.API.DIRECT.GET.${configStream}.>`,
    `$JS.API.DIRECT.GET.${snapshotStream}`,
    `$JS.API.DIRECT.GET.${snapshotStream}.>`,
    `$JS.FC.${configStream}.>`,
  ];
}
