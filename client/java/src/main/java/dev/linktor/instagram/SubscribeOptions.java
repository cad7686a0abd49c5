package dev.linktor.instagram;

import dev.linktor.instagram.v1.SubscribeEventsResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * These are the options of {@link Linktor#subscribe}. The functions are called in the
 * thread that reads events. An exception that they throw ends the subscription.
 */
public final class SubscribeOptions {
    private static final Logger LOGGER = System.getLogger("dev.linktor.instagram");

    CursorStore store;
    Consumer<SubscribeEventsResponse> onResponse = response -> {};
    BiConsumer<LinktorException, Duration> onBreak = (error, wait) ->
            LOGGER.log(Level.WARNING, "the event stream broke and is taken up again in {0} ms: {1}",
                    wait.toMillis(), error.getMessage());

    /**
     * Starts the subscription after the cursor in the store, and saves there how far
     * the application has come. The start in the request counts only while the store
     * has no cursor.
     */
    public SubscribeOptions keepCursor(CursorStore cursorStore) {
        store = Objects.requireNonNull(cursorStore);
        return this;
    }

    /**
     * Calls the function with every response, before the application gets its events.
     * The first response of a stream sets {@code subscribed}; heartbeats have no
     * events.
     */
    public SubscribeOptions onResponse(Consumer<SubscribeEventsResponse> function) {
        onResponse = Objects.requireNonNull(function);
        return this;
    }

    /**
     * Calls the function when the stream has broken. The function gets the reason, and
     * the wait until the subscription opens the stream again. Without this option, the
     * System.Logger {@code dev.linktor.instagram} logs a warning.
     */
    public SubscribeOptions onBreak(BiConsumer<LinktorException, Duration> function) {
        onBreak = Objects.requireNonNull(function);
        return this;
    }
}
