/**
 * The files that follow from the contract: CRDs and admission policies as manifests for kubectl, and as templates of the chart
 * `crds`. Pure; paths are relative to the repository.
 */
import { admissionPolicies } from '@sluice/contract/crd/admission-policies.ts';
import { resourceDefinitions } from '@sluice/contract/crd/resource-definitions.ts';
import { Document, visit } from 'yaml';

const head = '# Written by hack/update/crds.sh from packages/contract.\n';
const keepAnnotation = '    helm.sh/resource-policy: keep\n';

/** A text longer than this stands in lines of its own: yamllint takes 120 characters, or one word. */
const longText = 60;
/** YAML 1.1, which many tools read, has a type of its own for what looks like a time. */
const time = /^\d{4}-\d{2}-\d{2}T/;

function toYaml(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && node.value.length > longText) node.type = 'BLOCK_FOLDED';
      if (typeof node.value === 'string' && time.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 110 });
}

/** As a template: what looks like an action of Go's templates would be taken for one. */
function toTemplate(condition: string, yaml: string): string {
  if (yaml.includes('{{')) throw new Error('a manifest with {{ in it cannot be a template as it stands');
  return `{{- if ${condition} }}\n${head}${yaml}{{- end }}\n`;
}

/** The annotation that outlives the release goes first among the annotations. */
function withKeep(yaml: string): string {
  const [before, after] = yaml.split('  annotations:\n', 2);
  const rest = yaml.slice(`${before}  annotations:\n`.length);
  if (after === undefined) throw new Error('a definition without annotations');
  return `${before}  annotations:\n    {{- if .Values.keep }}\n${keepAnnotation}    {{- end }}\n${rest}`;
}

const policyConditions = {
  'no-downgrade': '.Values.policies.noDowngrade',
  'host-names': 'ne .Values.policies.hostNames "Off"',
  'host-names-required': 'eq .Values.policies.hostNames "Required"',
} as const;

/** Path to text. */
export function crdFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const definition of resourceDefinitions()) {
    const [plural = ''] = definition.metadata.name.split('.');
    const yaml = toYaml(definition);
    files.set(`deploy/crds/${plural}.yaml`, head + yaml);
    const template = toTemplate('.Values.enabled', yaml).replace(yaml, () => withKeep(yaml));
    files.set(`charts/crds/templates/${plural}.yaml`, template);
  }
  for (const { name, policy, binding } of admissionPolicies()) {
    files.set(`deploy/policies/${name}.yaml`, `${head}${toYaml(policy)}---\n${toYaml(binding)}`);
    const condition = `and .Values.enabled (${policyConditions[name]})`;
    for (const [part, object] of [
      ['policy', policy],
      ['binding', binding],
    ] as const) {
      files.set(`charts/crds/templates/${name}-${part}.yaml`, toTemplate(condition, toYaml(object)));
    }
  }
  return files;
}
