/** What a process of Sluice ends with (design section 7): scripts rely on it. */
export const exitCode = { ok: 0, runtime: 1, configuration: 2, usage: 64 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
