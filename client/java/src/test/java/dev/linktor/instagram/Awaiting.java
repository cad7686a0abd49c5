package dev.linktor.instagram;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits until something has happened that a test expects, for 30 s at most. */
final class Awaiting {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration STEP = Duration.ofMillis(10);

    private Awaiting() {}

    /** Waits until the latch has reached zero, and fails when that takes too long. */
    static void open(CountDownLatch latch) {
        try {
            if (!latch.await(LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new AssertionError("it did not happen within " + LIMIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Asks again and again for a value, and returns the first value that is not null.
     */
    static <T> T value(Callable<T> source) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end) {
            T value = source.call();
            if (value != null) {
                return value;
            }
            Thread.sleep(STEP.toMillis());
        }
        throw new AssertionError("it did not happen within " + LIMIT);
    }

    /** Waits until the condition is true, and fails when that takes too long. */
    static void truth(Callable<Boolean> condition) throws Exception {
        value(() -> condition.call() ? true : null);
    }
}
