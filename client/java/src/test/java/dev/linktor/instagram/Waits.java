package dev.linktor.instagram;

import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Records how long a client would have waited. */
final class Waits implements Backoff.Waiter {
    final List<Duration> all = new CopyOnWriteArrayList<>();

    /** Makes the waits of the client take no time, and returns the record of them. */
    static Waits of(Linktor client) {
        Waits waits = new Waits();
        client.waiter = waits;
        return waits;
    }

    @Override
    public void await(Context end, Duration wait) {
        all.add(wait);
    }
}
