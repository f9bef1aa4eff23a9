/** Totals of a publisher since its start. */
export function newPublisherCounters() {
  return {
    ...{ puts: 0, conflicts: 0, unknown: 0, denied: 0, foreign: 0, heads: 0, takeovers: 0 },
    ...{ watchesLost: 0, invalidMessages: 0, claimsFailed: 0 },
  };
}
