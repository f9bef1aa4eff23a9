/**
 * Signals that come before somebody can obey them are kept until then: none ends the process by default, neither while its
 * modules are loaded nor while it starts.
 */
type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** Registers a handler. */
export type OnSignal = (signal: Signal, handler: () => void) => void;

/** Holds signals from now on; `deliverTo` takes the place of `onSignal`. */
export function holdSignals(onSignal: OnSignal): { readonly deliverTo: OnSignal } {
  const handlers = new Map<Signal, () => void>();
  const held: Signal[] = [];
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    onSignal(signal, () => {
      const handler = handlers.get(signal);
      if (handler === undefined) held.push(signal);
      else handler();
    });
  }
  return {
    deliverTo(signal, handler) {
      handlers.set(signal, handler);
      if (held.includes(signal)) setImmediate(handler);
    },
  };
}
