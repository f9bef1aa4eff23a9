/**
 * The ports of the quickstart: quickstart.yaml holds the defaults of the proxy's and the origins', as
 * `${QUICKSTART_EDGE_PORT:8443}`, the environment overrides them. Pure.
 */

export const quickstartPlaces = ['EDGE', 'FORWARD', 'PROBE', 'ADMIN', 'WEB', 'API', 'SHELL', 'SITE', 'STATE'] as const;

export type QuickstartPlace = (typeof quickstartPlaces)[number];

/** 0: any free port. */
export type QuickstartPorts = Readonly<Record<QuickstartPlace, number>>;

export function portVariable(place: QuickstartPlace): string {
  return `QUICKSTART_${place}_PORT`;
}

/** The state service has no place in the proxy's configuration. */
const stateDefault = '9910';

/** Throws when a variable is not a port, or the configuration has no default for one that is not set. */
export function readQuickstartPorts(
  configText: string,
  environment: Readonly<Record<string, string | undefined>>,
): QuickstartPorts {
  const read = (place: QuickstartPlace): number => {
    const variable = portVariable(place);
    const inFile = new RegExp(`\\$\\{${variable}:(\\d+)\\}`, 'u').exec(configText)?.[1];
    const text = environment[variable] ?? (place === 'STATE' ? stateDefault : inFile);
    const port = text === undefined || !/^\d{1,5}$/u.test(text) ? Number.NaN : Number(text);
    if (port >= 0 && port <= 65_535) return port;
    throw new RangeError(`${variable}=${text ?? ''} is not a port (give a number from 0 to 65535; 0 takes a free one)`);
  };
  const [EDGE, FORWARD, PROBE, ADMIN] = [read('EDGE'), read('FORWARD'), read('PROBE'), read('ADMIN')];
  const [WEB, API, SHELL, SITE] = [read('WEB'), read('API'), read('SHELL'), read('SITE')];
  return { EDGE, FORWARD, PROBE, ADMIN, WEB, API, SHELL, SITE, STATE: read('STATE') };
}
