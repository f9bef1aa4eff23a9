/** What is wrong with the control settings of a file beyond what its text shows. */
import type { ConfigIssue } from '../../config/config-issue.ts';
import type { ConfigInHand } from '../../process/config-in-hand.ts';
import { positionOf } from '../bind-failure-issue.ts';
import { AckKeyError, readAckKey } from './live-control.ts';

/** `hasOwnBus`: whoever runs the proxy brings a message system along. */
export async function refuseControl(source: ConfigInHand, hasOwnBus: boolean): Promise<readonly ConfigIssue[]> {
  const { control } = source.config;
  if (control === null) return [];
  const at = (key: string): Pick<ConfigIssue, 'file' | 'line' | 'column'> => positionOf(source, ['control', key]);
  if (control.nats === null && !hasOwnBus) {
    return [
      { ...at('nats'), message: 'control has no nats', remedy: 'add nats: { servers: [...] }, or remove control' },
    ];
  }
  try {
    await readAckKey(control);
    return [];
  } catch (error) {
    if (!(error instanceof AckKeyError)) throw error;
    return [
      { ...at('ackKeyFile'), message: error.message, remedy: 'name a readable file with the key that publishers have' },
    ];
  }
}
