/** The metrics and labels that a query names. Enough for the queries of this repository: it knows how their metrics begin. */

export interface QueryNames {
  /** As in /metrics, `_bucket` and the like included; with the labels asked of each. */
  readonly metrics: ReadonlyMap<string, ReadonlySet<string>>;
  /** Results of recording rules. */
  readonly recorded: ReadonlySet<string>;
  /** Labels that results are grouped or joined by. */
  readonly grouping: ReadonlySet<string>;
}

const metric =
  /\b((?:sluice|process|nodejs|controller_runtime|workqueue|rest_client|leader_election|reflector)_[a-z0-9_]+)(\{[^}]*\})?/g;
const recording = /\bsluice:[a-z0-9_]+:[a-z0-9_]+/g;
const groups = /\b(?:by|on|without|ignoring|group_left|group_right) ?\(([^)]*)\)/g;
const matcher = /([a-z_]+) ?(?:=~|!~|!=|=)/g;

export function queryNames(query: string): QueryNames {
  const metrics = new Map<string, Set<string>>();
  for (const [, name = '', matchers = ''] of query.matchAll(metric)) {
    const labels = metrics.get(name) ?? new Set<string>();
    for (const [, label = ''] of matchers.matchAll(matcher)) labels.add(label);
    metrics.set(name, labels);
  }
  const grouping = [...query.matchAll(groups)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  return {
    metrics,
    grouping: new Set(grouping),
    recorded: new Set([...query.matchAll(recording)].map(([name]) => name)),
  };
}
