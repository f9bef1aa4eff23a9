/** The kind of tests/kube/fixtures/widgets.crd.yaml, for tests of machinery that knows no resource of Sluice. */
import { customResource } from './fake-resource.ts';

export const widgetResource = customResource(
  { group: 'testing.sluice.dev', version: 'v1', plural: 'widgets', kind: 'Widget' },
  { selectableFields: ['spec.color'] },
);
