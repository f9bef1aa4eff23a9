/** /healthz, /readyz and /metrics on a listener of their own, which answers until the very end. */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { type ApplicationDeps, createApplication } from './application.ts';
import type { StateApp } from './request-context.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import type { Readiness, StateApiBounds } from './state-api-deps.ts';

export interface HealthApiDeps extends ApplicationDeps {
  readonly readiness: () => Promise<Readiness>;
}

/** The application, not yet listening. */
export async function createHealthApi(
  bounds: StateApiBounds,
  deps: HealthApiDeps,
  registry: MetricsRegistry,
): Promise<StateApp> {
  const app = createApplication({ bounds, tls: null }, deps);
  registerHealthRoutes(app, { readiness: deps.readiness, registry });
  await app.ready();
  return app;
}
