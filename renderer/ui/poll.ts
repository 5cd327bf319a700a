const POLL_MS = 1000;

/**
 * Reads again and again, a second after each answer, until it is stopped.
 * @param take what was read; not called after the stop, nor for a read that failed: not there yet, or no more, and the
 * page says so elsewhere
 * @returns stops it
 */
export function poll<T>(read: () => Promise<T>, take: (value: T) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function next(): Promise<void> {
    const now = await read().catch(() => undefined);
    if (stopped) return;
    if (now !== undefined) take(now);
    timer = setTimeout(() => void next(), POLL_MS);
  }
  void next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
