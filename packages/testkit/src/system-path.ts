/**
 * Where the system keeps its programs. Tests run programs with this search path and no other variable of the caller's.
 */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
