/**
 * A deadline around a promise that has none of its own. The promise is not cancelled: its owner closes it in teardown.
 */

/** Resolves or rejects as `promise` does, but rejects naming `what` once `timeoutMs` have passed. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
