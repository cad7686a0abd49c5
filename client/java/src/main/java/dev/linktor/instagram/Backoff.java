package dev.linktor.instagram;

import io.grpc.Context;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Says how long to wait between attempts. */
final class Backoff {
    // The first wait is short enough that the restart of a server is not noticed.
    private static final Duration FIRST = Duration.ofMillis(500);
    // The longest wait is no load for the server.
    private static final Duration MOST = Duration.ofSeconds(5);

    /** Waits until the time is over, or this context or the caller's is cancelled. */
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
            // The conversion does not fail on a wait of centuries.
            over.await(TimeUnit.NANOSECONDS.convert(wait), TimeUnit.NANOSECONDS);
        } finally {
            end.removeListener(ended);
            callers.removeListener(ended);
        }
    }

    /** Returns how long to wait after this error, which may say so itself. */
    static Duration delay(int failures, LinktorException error) {
        Duration delay = delay(failures, ThreadLocalRandom.current().nextDouble());
        return delay.compareTo(error.retryDelay()) < 0 ? error.retryDelay() : delay;
    }

    /**
     * Returns how long to wait after so many failures in a row before the one just seen:
     * between half and all of a step that doubles up to the longest.
     *
     * @param random is in [0, 1), so that many clients do not come back all at once
     */
    static Duration delay(int failures, double random) {
        // A larger shift would overflow.
        long step = failures < 10 ? FIRST.toNanos() << failures : MOST.toNanos();
        return Duration.ofNanos((long) (Math.min(step, MOST.toNanos()) * (0.5 + random / 2)));
    }
}
