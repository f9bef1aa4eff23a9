/**
 * An admin listener for a test, with sources the test can change.
 */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { type AdminServer, createAdminServer } from '../../src/admin/admin-server.ts';
import type { Readiness } from '../../src/admin/admin-sources.ts';
import type { ControlStatus } from '../../src/control/live/control-status.ts';
import type { BindAddress, EffectiveConfig } from '../../src/config/effective-config.ts';

export interface OpenAdmin {
  readonly server: AdminServer;
  readonly errors: unknown[];
  readonly state: {
    readiness: Readiness;
    config: EffectiveConfig | null;
    control: ControlStatus | null;
    metrics: () => Promise<string>;
  };
}

/** `host:port` text as the configuration has it. */
export function bindOf(host: string, port: number): BindAddress {
  const family = host.includes(':') ? 6 : 4;
  return { text: family === 6 ? `[${host}]:${port}` : `${host}:${port}`, host, port, family };
}

const exampleConfig: EffectiveConfig = {
  admin: { enabled: true, bind: bindOf('127.0.0.1', 9900) },
  log: { level: 'info', access: true },
  datapath: {
    mode: 'Auto',
    workers: 0,
    splice: true,
    receiveLowWater: false,
    packetDiet: { delayedAck: true, coalesceFin: true, optimisticSend: true },
  },
  control: null,
  zone: null,
  listeners: [],
  routes: Array.from({ length: 2_500 }, (_, index) => ({
    name: `route-${index}`,
    listeners: null,
    match: { protocol: 'TLS', sni: [`n${index}.example.com`], alpn: [], sources: [] },
    target: { kind: 'Ban' },
    halfClose: true,
  })),
  users: [
    {
      name: 'alice',
      credentials: [{ verifier: '$scrypt$ln=15,r=8,p=1$c2FsdA$aGFzaA', notAfterMs: null }],
      allow: null,
      maxConnections: null,
      onRevoke: 'Keep',
    },
  ],
};

/** Makes one that is not bound yet; closed with the test. */
export function openAdmin(scope: CleanupScope): OpenAdmin {
  const errors: unknown[] = [];
  const state: OpenAdmin['state'] = {
    readiness: { isReady: true },
    config: exampleConfig,
    control: null,
    metrics: () => Promise.resolve('up 1\n'),
  };
  const listener = { name: 'edge', addresses: ['127.0.0.1:443'], accepted: 2, active: 1, bytesUp: 3, bytesDown: 4 };
  const server = createAdminServer({
    onError: (error) => errors.push(error),
    sources: {
      readiness: () => state.readiness,
      config: () => state.config,
      control: () => state.control,
      metrics: () => state.metrics(),
      status: () => ({
        version: '0.1.0',
        pid: 1,
        state: 'Ready',
        digest: 'abc',
        startedAt: '2026-01-02T00:00:00.000Z',
        uptimeSeconds: 1,
        configLoadedAt: '2026-01-02T00:00:00.000Z',
        connections: { accepted: 2, active: 1 },
        listeners: [listener],
        datapath: { mode: 'InLoop' },
      }),
    },
  });
  scope.after(() => server.close(0));
  return { server, errors, state };
}
