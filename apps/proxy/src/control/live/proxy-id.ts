/** The id of a proxy where the configuration gives none: the name of its host, with what an id may not hold made a dash. Pure. */
export function proxyIdOf(hostName: string): string {
  const id = hostName.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 128);
  return id === '' ? 'proxy' : id;
}
