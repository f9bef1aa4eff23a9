/** A listener of a configuration with every default filled in. */
import assert from 'node:assert/strict';
import type { ListenerConfig } from '../../src/config/effective-config.ts';
import { configOf } from '../config/parse-text.ts';

/** `content` is more flow content of the listener, without braces. */
export function listenerConfig(content = '', name = 'edge', binds = ['127.0.0.1:0']): ListenerConfig {
  const bind = binds.map((text) => JSON.stringify(text)).join(', ');
  const more = content === '' ? '' : `, ${content}`;
  const [listener] = configOf(`listeners: [{ name: ${name}, bind: [${bind}]${more} }]`).listeners;
  assert.ok(listener !== undefined);
  return listener;
}
