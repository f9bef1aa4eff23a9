/** A socket that could not be bound, said as an issue of the file that asked for it. */
import { LineIndex } from '../config/line-index.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { readYaml } from '../config/read-yaml.ts';
import { locate } from '../config/source-locator.ts';
import type { ListenFailure } from '../session/listener-set.ts';

export interface ConfigSource {
  readonly file: string;
  readonly text: string;
  readonly config: EffectiveConfig;
}

type Path = readonly (string | number)[];

export function listenFailureIssue(source: ConfigSource, failure: ListenFailure): ConfigIssue {
  const listener = source.config.listeners.findIndex(({ name }) => name === failure.listener);
  const bind = source.config.listeners[listener]?.binds.findIndex(({ text }) => text === failure.bind) ?? 0;
  const { reason, remedy } = bindFailureText(failure);
  const message = `listener ${JSON.stringify(failure.listener)} ${reason}`;
  return { ...positionOf(source, ['listeners', listener, 'bind', bind]), message, remedy };
}

/** What could not be bound and why, without saying whose listener it is. */
export function bindFailureText({ bind, systemCode }: ListenFailure): {
  readonly reason: string;
  readonly remedy: string;
} {
  const [reason, remedy] = bindReason(systemCode);
  return { reason: `cannot bind ${bind}: ${reason}`, remedy };
}

export function adminFailureIssue(source: ConfigSource, systemCode: string): ConfigIssue {
  const { text } = source.config.admin.bind;
  const [reason, remedy] = bindReason(systemCode);
  return {
    ...positionOf(source, ['admin', 'bind']),
    message: `the admin listener cannot bind ${text}: ${reason}`,
    remedy,
  };
}

/** Where a value of the file stands; its beginning when it is a default. */
export function positionOf(source: ConfigSource, path: Path): Pick<ConfigIssue, 'file' | 'line' | 'column'> {
  const reading = readYaml(source.text);
  const root = reading.kind === 'unreadable' ? null : reading.root;
  if (root === null) return { file: source.file, line: 1, column: 1 };
  return { file: source.file, ...new LineIndex(source.text).positionOf(locate(root, path)) };
}

function bindReason(systemCode: string): readonly [string, string] {
  switch (systemCode) {
    case 'EADDRINUSE':
      return ['the port is taken (EADDRINUSE)', 'stop what listens there, or choose another port'];
    case 'EADDRNOTAVAIL':
      return ['this machine does not have the address (EADDRNOTAVAIL)', 'bind an address of this machine, or 0.0.0.0'];
    case 'EACCES':
      return ['permission denied (EACCES)', 'choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE'];
    case 'EMFILE':
      return ['no file descriptor is left (EMFILE)', 'raise the limit of open files'];
    default:
      return [systemCode, 'see bind(2)'];
  }
}
