package dev.linktor.instagram;

import io.grpc.Context;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Says how long to wait between attempts, and waits. */
final class Backoff {
    // The first wait is short enough that the restart of a server is not noticed.
    private static final Duration FIRST = Duration.ofMillis(500);
    // With this wait, the attempts of a client are no load for the server.
    private static final Duration MOST = Duration.ofSeconds(5);

    /**
     * Waits until the time is over, or until the context end or the caller's own
     * context is cancelled.
     */
    interface Waiter {
        Waiter REAL = Backoff::await;

        void await(Context end, Duration wait) throws InterruptedException;
    }

    private Backoff() {}

    private static void await(Context end, Duration wait) throws InterruptedException {
        Context callers = Context.current();
        CountDownLatch over = new CountDownLatch(1);
        Context.CancellationListener ended = context -> over.countDown();
        end.addListener(ended, Runnable::run);
        callers.addListener(ended, Runnable::run);
        try {
            // Unlike Duration.toNanos(), this conversion does not fail on a wait of
            // centuries.
            over.await(TimeUnit.NANOSECONDS.convert(wait), TimeUnit.NANOSECONDS);
        } finally {
            end.removeListener(ended);
            callers.removeListener(ended);
        }
    }

    /**
     * Returns how long to wait after this error: at least as long as the error itself
     * asks for.
     */
    static Duration delay(int failures, LinktorException error) {
        Duration delay = delay(failures, ThreadLocalRandom.current().nextDouble());
        return delay.compareTo(error.retryDelay()) < 0 ? error.retryDelay() : delay;
    }

    /**
     * Returns how long to wait after an attempt has failed, when {@code failures}
     * attempts in a row had failed before it. The wait is between half and all of a
     * step. The step doubles with each failure, up to the longest wait.
     *
     * @param random is a number in [0, 1), so that many clients do not come back all at
     *     once
     */
    static Duration delay(int failures, double random) {
        // A larger shift would overflow.
        long step = failures < 10 ? FIRST.toNanos() << failures : MOST.toNanos();
        return Duration.ofNanos((long) (Math.min(step, MOST.toNanos()) * (0.5 + random / 2)));
    }
}
