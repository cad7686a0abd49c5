// The first wait is short enough that the restart of a server is not noticed.
export const FIRST_DELAY_MS = 500;
// With this wait, the attempts of a client are no load for the server.
export const MOST_DELAY_MS = 5_000;
// Node runs a timer at once when it is set to more than this.
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns how long to wait after an attempt has failed, when `failures`
 * attempts in a row had failed before it. The wait is between half and all of a
 * step that doubles with each failure. `random` is in [0, 1), so that many
 * clients do not come back all at once.
 */
export function delay(failures: number, random = Math.random()): number {
  const step = Math.min(FIRST_DELAY_MS * 2 ** failures, MOST_DELAY_MS);
  return step * (0.5 + random / 2);
}

/** Waits this long, or until one of the signals aborts. It never throws. */
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
 * Calls `end` once, with the reason of the signal, when the first of the
 * signals aborts. A signal may have aborted already. The returned function
 * removes the listeners from the signals.
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
    // `end` runs later, so that the caller has the returned function before.
    queueMicrotask(ended);
  }
  return unlink;
}
