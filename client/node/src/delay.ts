// The first wait is short enough that the restart of a server is not noticed.
export const FIRST_DELAY_MS = 500;
// The longest wait is no load for the server.
export const MOST_DELAY_MS = 5_000;
// A timer of Node that is set to more runs at once.
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns how long to wait after so many failures in a row before the one just
 * seen: between half and all of a step that doubles. `random` is in [0, 1), so
 * that many clients do not come back all at once.
 */
export function delay(failures: number, random = Math.random()): number {
  const step = Math.min(FIRST_DELAY_MS * 2 ** failures, MOST_DELAY_MS);
  return step * (0.5 + random / 2);
}

/** Waits so long, or until one of the signals ends the wait. It never throws. */
export function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unlink();
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
    const unlink = onAbort(signals, end);
  });
}

/**
 * Calls `end` once, with the reason, when the first of the signals aborts, which
 * may be at once. The function that it returns unlinks it from the signals.
 */
export function onAbort(
  signals: (AbortSignal | undefined)[],
  end: (reason: unknown) => void,
): () => void {
  const given = signals.filter((signal) => signal !== undefined);
  const unlink = () => {
    for (const signal of given) {
      signal.removeEventListener("abort", ended);
    }
  };
  const ended = () => {
    unlink();
    end(given.find((signal) => signal.aborted)?.reason);
  };
  for (const signal of given) {
    signal.addEventListener("abort", ended);
  }
  if (given.some((signal) => signal.aborted)) {
    // The caller has what this function returns before `end` is called.
    queueMicrotask(ended);
  }
  return unlink;
}
