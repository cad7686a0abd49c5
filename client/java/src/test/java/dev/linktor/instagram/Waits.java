package dev.linktor.instagram;

import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes how long a client would have waited. */
final class Waits implements Backoff.Waiter {
    final List<Duration> all = new CopyOnWriteArrayList<>();

    /** Makes the client's waits take no time. */
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
