/** A condition as it should be, without the times that only the status in the cluster knows. */
export interface WantedCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const maxMessageLength = 1024;

export function condition(type: string, isTrue: boolean, reason: string, message: string): WantedCondition {
  return { type, status: isTrue ? 'True' : 'False', reason, message: bounded(message) };
}

function bounded(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 1).toWellFormed()}…`;
}
