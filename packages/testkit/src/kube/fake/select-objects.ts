/** Label and field selectors. Pure. */
import { badRequest } from './api-failure.ts';
import type { FakeResource } from './fake-resource.ts';
import { isJsonObject, type JsonObject, metadataOf, objectAt } from './json-object.ts';

export type Selector = (object: JsonObject) => boolean;

// Commas inside parentheses separate values, not requirements.
const betweenRequirements = /,(?![^(]*\))/;
const setRequirement = /^(?<key>\S+)\s+(?<operator>in|notin)\s+\((?<values>[^)]*)\)$/;
const equalityRequirement = /^(?<key>[^=!\s]+)\s*(?<operator>==?|!=)\s*(?<value>[^=!]*)$/;

function labelsOf(object: JsonObject): JsonObject {
  return objectAt(metadataOf(object), 'labels');
}

function readRequirement(text: string): Selector {
  const inSet = setRequirement.exec(text)?.groups;
  if (inSet !== undefined) {
    const values = new Set(inSet['values']?.split(',').map((value) => value.trim()));
    const isWanted = inSet['operator'] === 'in';
    const key = inSet['key'] ?? '';
    return (object) => {
      const value = labelsOf(object)[key];
      return typeof value === 'string' ? values.has(value) === isWanted : !isWanted;
    };
  }
  const equality = equalityRequirement.exec(text)?.groups;
  if (equality !== undefined) {
    const { key = '', value = '', operator } = equality;
    return (object) => (labelsOf(object)[key] === value.trim()) === (operator !== '!=');
  }
  if (text.startsWith('!')) return (object) => !(text.slice(1).trim() in labelsOf(object));
  return (object) => text in labelsOf(object);
}

/** `app=web,tier in (a, b),!old`; an empty text selects everything. */
export function readLabelSelector(text: string): Selector {
  if (text.trim() === '') return () => true;
  const requirements = text.split(betweenRequirements).map((part) => readRequirement(part.trim()));
  return (object) => requirements.every((isMet) => isMet(object));
}

function fieldValue(object: JsonObject, path: string): string {
  const value = path.split('.').reduce<unknown>((at, field) => (isJsonObject(at) ? at[field] : undefined), object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** `metadata.name=one,spec.color!=red`: only fields that the kind lets select; any other is a 400. */
export function readFieldSelector(text: string, resource: FakeResource): Selector {
  if (text.trim() === '') return () => true;
  const known = new Set(['metadata.name', 'metadata.namespace', ...(resource.selectableFields ?? [])]);
  const requirements = text.split(',').map((part): Selector => {
    const { key = '', operator, value = '' } = equalityRequirement.exec(part.trim())?.groups ?? {};
    if (!known.has(key)) throw badRequest(`field label not supported: ${key === '' ? part : key}`);
    return (object) => (fieldValue(object, key) === value) === (operator !== '!=');
  });
  return (object) => requirements.every((isMet) => isMet(object));
}
